import { connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { readJsonLines } from '../../src/lib/json-lines.ts'
import { version } from '../../src/lib/version.ts'
import { serveHelper } from '../../src/spawn/helper-server.ts'
import { temporaryFolder } from '../support/hub.ts'
import { eventually, quietLog } from './support.ts'

t.test('whatever comes over the socket, the helper goes on', async (t) => {
  const file = path.join(temporaryFolder(t), 'helper.sock')
  const performed: unknown[] = []
  const server = createServer()
  const log: string[] = []
  const helper = serveHelper(server, {
    calls: {
      perform(call, given) {
        performed.push([call, given])
        return Promise.reject(new Error('no'))
      },
    },
    spawner: {},
    log: quietLog(log),
  })
  await new Promise<void>((resolve) => server.listen(file, resolve))
  t.teardown(() => helper.close())
  const open = (): { socket: Socket; words: object[] } => {
    const socket = connect(file)
    const words: object[] = []
    readJsonLines(socket, (word) => words.push(word))
    t.teardown(() => socket.destroy())
    return { socket, words }
  }
  const first = open()
  first.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n[1]\n"a"\nnull\n{"id":1}\n{"call":"poll"}\n')
  first.socket.write('{"id":"x","call":"poll"}\n{"id":5,"abort":true}\n{"id":2,"call":7}\n')
  first.socket.write('{"id":3,"call":"poll","given":{"a":1}}\n')
  t.ok(await eventually(() => first.words.length === 3))
  t.same(first.words, [
    { version },
    { id: 2, failed: { message: 'no' } },
    { id: 3, failed: { message: 'no' } },
  ])
  t.same(performed, [
    [7, undefined],
    ['poll', { a: 1 }],
  ])
  first.socket.destroy()
  const second = open()
  second.socket.write('{"id":3,"call":"poll"}\n')
  t.ok(await eventually(() => second.words.length === 2))
  t.match(log.join(), /a call of the hub failed/)
})
