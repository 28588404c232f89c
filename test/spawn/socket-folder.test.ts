import { chmodSync, lchownSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { letIn, letInLater, socketIn } from '../../src/spawn/socket-folder.ts'
import { temporaryFolder } from '../support/hub.ts'
import { rootOnly } from './support.ts'

const listen = (t: Test, file: string): Promise<void> =>
  new Promise((resolve) => {
    const server = createServer().listen(file, resolve)
    t.teardown(() => server.close())
  })

const group = 4242
const facts = (file: string) => {
  const { uid, gid, mode } = statSync(file)
  return { uid, gid, mode: mode & 0o7777 }
}

t.test('the group passes through, and has what is made in there later', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  lchownSync(folder, 1234, 1234)
  letIn(folder, group)
  t.same(facts(folder), { uid: 1234, gid: group, mode: 0o2710 })
  await listen(t, socketIn(folder))
  t.equal(facts(socketIn(folder)).gid, group)
})

t.test('a socket that was quicker is given to it as well', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  await listen(t, socketIn(folder))
  t.equal(facts(socketIn(folder)).gid, 0)
  letIn(folder, group)
  t.equal(facts(socketIn(folder)).gid, group)
})

t.test('what a link in there leads to is left alone', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  const elsewhere = temporaryFolder(t)
  chmodSync(elsewhere, 0o700)
  await listen(t, path.join(elsewhere, 'other'))
  symlinkSync(path.join(elsewhere, 'other'), socketIn(folder))
  letIn(folder, group)
  t.equal(facts(path.join(elsewhere, 'other')).gid, 0)
})

t.test('a server of a hub that was root is opened later, once', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  lchownSync(folder, 1234, 1234)
  await listen(t, socketIn(folder))
  lchownSync(socketIn(folder), 1234, 1234)
  chmodSync(socketIn(folder), 0o600)
  await letInLater(folder, group)
  t.same(facts(socketIn(folder)), { uid: 1234, gid: group, mode: 0o660 })
  chmodSync(socketIn(folder), 0o600)
  await letInLater(folder, group)
  t.equal(facts(socketIn(folder)).mode, 0o600)
})

t.test('its owner cannot have root change what they could not', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  const elsewhere = path.join(temporaryFolder(t), 'other')
  await listen(t, elsewhere)
  chmodSync(elsewhere, 0o600)
  lchownSync(folder, 1234, 1234)
  symlinkSync(elsewhere, socketIn(folder))
  await t.rejects(letInLater(folder, group))
  t.same(facts(elsewhere), { uid: 0, gid: 0, mode: 0o600 })
})

t.test('of a server that has ended already there is nothing to open', async (t) => {
  letIn(path.join(temporaryFolder(t), 'gone'), group)
})
