/** Every program on this machine reaches the port inside: none of them can take the descriptors of the hub. */
import { spawn } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { watchProgram } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/hub.ts'
import { dial, get } from '../support/proxy.ts'

const main = path.resolve(import.meta.dirname, '../../src/main.ts')

/** For a hub that may open so many files. */
const mostFiles = 400

t.test('hundreds of connections inside leave room for those outside', async (t) => {
  const inside = await freePort()
  const command = `ulimit -n ${mostFiles}; exec "${process.execPath}" "${main}" serve`
  const env = {
    ...process.env,
    LITTLEHUB_DATA_DIR: path.join(temporaryFolder(t), 'data'),
    LITTLEHUB_PORT: '0',
    LITTLEHUB_INTERNAL_PORT: String(inside),
  }
  const hub = watchProgram(t, spawn('bash', ['-c', command], { env }))
  const outside = Number((await hub.waitFor(/"url":"http:[^"]*:(\d+)\//))[1])
  const flood = await Promise.all(Array.from({ length: mostFiles }, () => dial(t, inside)))
  for (const peer of flood) {
    peer.write(get('/hub/api/'))
    await Promise.race([peer.until('HTTP/1.1 200').catch(() => ''), peer.ended()])
  }
  const client = await dial(t, outside)
  client.write(get('/hub/health', 'Connection: close\r\n'))
  t.match(await client.ended(), /^HTTP\/1\.1 200 /)
  for (const { socket } of flood) socket.destroy()
  for (let answer = ''; !answer.startsWith('HTTP/1.1 200');) {
    const program = await dial(t, inside)
    program.write(get('/hub/api/', 'Connection: close\r\n'))
    answer = await program.ended()
  }
  t.pass('and there is room inside again')
})
