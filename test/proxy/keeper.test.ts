/** What a hub leaves behind. */
import { readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { readJsonLines, writeJsonLine } from '../../src/lib/json-lines.ts'
import { createLog } from '../../src/lib/log.ts'
import { HOUR } from '../../src/lib/time.ts'
import { createKeeper, type KeeperLine, type KeeperNeeds } from '../../src/proxy/keeper.ts'
import { temporaryFolder } from '../support/hub.ts'
import { createFakeTunnel, routeOf, until } from '../support/keeping.ts'

const log = createLog({ level: 'silent' })

async function start(t: Test, changes: Partial<KeeperNeeds> = {}) {
  const folder = path.join(temporaryFolder(t), 'keepers')
  const tunnels = ['ana', 'ben'].map((name) => createFakeTunnel(routeOf(name)))
  const keeper = await createKeeper({ folder, tunnels, log, longestMs: HOUR, ...changes })
  t.teardown(async () => {
    keeper.close()
    await keeper.ended
  })
  const asHub = () => {
    const heard: KeeperLine[] = []
    const socket = connect(path.join(folder, readdirSync(folder)[0] ?? ''))
    readJsonLines(socket, (line) => heard.push(line))
    return { socket, heard, end: (...ids: number[]) => writeJsonLine(socket, { end: ids }) }
  }
  return { folder, tunnels, keeper, asHub }
}

t.test('a hub hears what is open, and of what ends, and ends what it wants', async (t) => {
  const { folder, tunnels, keeper, asHub } = await start(t)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  const hub = asHub()
  await until(() => hub.heard.length > 0)
  t.match(hub.heard[0], { open: [{ id: 0, prefix: '/user/ana/', caller: 'token 1' }, { id: 1 }] })
  tunnels[0]?.end()
  await until(() => hub.heard.length > 1)
  t.same(hub.heard[1], { ended: [0] })
  hub.end(0, 7, 1)
  await keeper.ended
  t.notOk(tunnels[1]?.isOpen)
  t.same(readdirSync(folder), [], 'and nothing is left of it')
})

t.test('the next hub takes the place of the one before', async (t) => {
  const { tunnels, asHub } = await start(t)
  const first = asHub()
  await until(() => first.heard.length > 0)
  const second = asHub()
  await until(() => second.heard.length > 0)
  await until(() => first.socket.closed)
  t.ok(tunnels.every(({ isOpen }) => isOpen))
  second.end(0)
  await until(() => !tunnels[0]?.isOpen)
})

t.test('without a hub that watches, everything ends after a while', async (t) => {
  const { keeper, asHub, tunnels } = await start(t, { patienceMs: 500 })
  const hub = asHub()
  await until(() => hub.heard.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  t.ok(
    tunnels.every(({ isOpen }) => isOpen),
    'while there is one it goes on',
  )
  hub.socket.destroy()
  await keeper.ended
  t.notOk(tunnels.some(({ isOpen }) => isOpen))
})

t.test('nothing is kept for longer than it may', async (t) => {
  const { keeper, tunnels, asHub } = await start(t, { longestMs: 500 })
  asHub()
  await keeper.ended
  t.notOk(tunnels.some(({ isOpen }) => isOpen))
})

t.test('a folder that cannot be used is said', async (t) => {
  const needs = { tunnels: [createFakeTunnel(routeOf('ana'))], log, longestMs: HOUR }
  const folder = path.join(temporaryFolder(t), 'x'.repeat(120))
  t.match(await createKeeper({ ...needs, folder }).catch((e: unknown) => e), Error)
})
