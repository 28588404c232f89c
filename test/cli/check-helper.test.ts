import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { checkHelper } from '../../src/cli/check-helper.ts'
import { writeJsonLine } from '../../src/lib/json-lines.ts'
import { version } from '../../src/lib/version.ts'
import { temporaryFolder } from '../support/hub.ts'

const installed = (t: Test): string => t.testdir({ 'littlehub-spawner.socket': '' })

async function listen(t: Test, greet: (socket: Socket) => void): Promise<string> {
  const file = path.join(temporaryFolder(t), 'helper.sock')
  const peers = new Set<Socket>()
  const server = createServer((socket) => {
    peers.add(socket)
    greet(socket)
  })
  await new Promise<void>((resolve) => server.listen(file, resolve))
  t.teardown(() => {
    for (const peer of peers) peer.destroy()
    server.close()
  })
  return file
}

t.test('where nothing was installed there is nothing to say', async (t) => {
  t.same(await checkHelper(t.testdir()), [])
})

t.test('a helper of this version is well, another one is to be started anew', async (t) => {
  const own = await listen(t, (socket) => writeJsonLine(socket, { version }))
  t.match(await checkHelper(installed(t), { socket: own }), [{ level: 'ok' }])
  const other = await listen(t, (socket) => writeJsonLine(socket, { version: '9.9.9' }))
  t.match(await checkHelper(installed(t), { socket: other }), [
    { level: 'warn', found: /littlehub 9\.9\.9/, advice: /systemctl restart littlehub-spawner/ },
  ])
})

t.test('one that is not there, or says nothing, is told', async (t) => {
  const socket = path.join(temporaryFolder(t), 'none.sock')
  t.match(await checkHelper(installed(t), { socket }), [
    { level: 'fail', found: /not there.*ENOENT.*no server can be started/ },
  ])
  const mute = await listen(t, () => undefined)
  t.match(await checkHelper(installed(t), { socket: mute, withinMs: 50 }), [
    { level: 'fail', found: /does not answer/ },
  ])
})
