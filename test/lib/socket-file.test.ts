import { linkSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer, connect, type Socket } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { reachSocket } from '../../src/lib/socket-file.ts'
import { temporaryFolder } from '../support/hub.ts'

/** Says its own name to whoever connects. */
async function listen(t: Test, file: string): Promise<void> {
  const server = createServer((socket) => socket.end(path.basename(file)))
  await new Promise<void>((resolve) => server.listen(file, resolve))
  t.teardown(() => server.close())
}

const said = (socket: Socket): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.setEncoding('utf8')
    socket.once('data', (text: string) => resolve(text))
    socket.once('error', reject)
  })

t.test('a socket is reached', async (t) => {
  const file = path.join(temporaryFolder(t), 'own')
  await listen(t, file)
  t.equal(await said(reachSocket(file, connect)), 'own')
})

t.test('what takes its place while it is being reached is not', async (t) => {
  const folder = temporaryFolder(t)
  const [file, other] = [path.join(folder, 'own'), path.join(folder, 'other')]
  await listen(t, file)
  await listen(t, other)
  const swapped = reachSocket(file, (held) => {
    renameSync(file, path.join(folder, 'aside'))
    symlinkSync(other, file)
    return connect(held)
  })
  t.equal(await said(swapped), 'own')
})

t.test('a link in its place is refused, whatever it leads to', async (t) => {
  const folder = temporaryFolder(t)
  const [other, file] = [path.join(folder, 'other'), path.join(folder, 'link')]
  await listen(t, other)
  symlinkSync(other, file)
  t.throws(() => reachSocket(file, connect), { message: `${file} is no socket of its own` })
  unlinkSync(file)
  linkSync(other, file)
  t.throws(() => reachSocket(file, connect), { message: `${file} is no socket of its own` })
  unlinkSync(file)
  writeFileSync(file, '')
  t.throws(() => reachSocket(file, connect), { message: `${file} is no socket of its own` })
  unlinkSync(file)
  t.throws(() => reachSocket(file, connect), { code: 'ENOENT' })
})
