/** What hubs before this one left open. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { HOUR } from '../../src/lib/time.ts'
import { createKeeper } from '../../src/proxy/keeper.ts'
import { takeKept } from '../../src/proxy/kept.ts'
import { temporaryFolder } from '../support/hub.ts'
import { createFakeTunnel, routeOf, until } from '../support/keeping.ts'

const log = createLog({ level: 'silent' })

t.test('what may go on is watched, what may not ends, and what is over is forgotten', async (t) => {
  const folder = path.join(temporaryFolder(t), 'keepers')
  const [ana, ben, cem] = ['ana', 'ben', 'cem'].map((name) => createFakeTunnel(routeOf(name)))
  const tunnels = [ana!, ben!, cem!]
  const keeper = await createKeeper({ folder, tunnels, log, longestMs: HOUR })
  const released: string[] = []
  const ends = new Map<string, () => void>()
  const kept = takeKept({
    folder,
    log,
    adopt({ prefix }, end) {
      if (prefix.includes('ben')) return undefined
      ends.set(prefix, end)
      return () => void released.push(prefix)
    },
    used: () => undefined,
  })
  await until(() => kept.size === 2)
  await until(() => !ben!.isOpen)
  cem!.end()
  await until(() => kept.size === 1)
  t.same(released, ['/user/cem/'])
  ends.get('/user/ana/')?.()
  await keeper.ended
  await until(() => kept.size === 0)
  t.same(released, ['/user/cem/', '/user/ana/'])
})

t.test('given back, all go on; those that were to end still end', async (t) => {
  const folder = path.join(temporaryFolder(t), 'keepers')
  const tunnels = ['ana', 'ben'].map((name) => createFakeTunnel(routeOf(name)))
  const keeper = await createKeeper({ folder, tunnels, log, longestMs: HOUR })
  const ends: (() => void)[] = []
  const adopt = (_: unknown, end: () => void) => {
    ends.push(end)
    return () => undefined
  }
  const kept = takeKept({ folder, log, adopt, used: () => undefined })
  await until(() => kept.size === 2)
  ends[0]?.()
  await kept.close()
  t.equal(kept.size, 0)
  await until(() => !tunnels[0]?.isOpen)
  t.ok(tunnels[1]?.isOpen)
  keeper.close()
  await keeper.ended
})

t.test('a hub hears which servers are used', async (t) => {
  const folder = path.join(temporaryFolder(t), 'keepers')
  const route = routeOf('ana')
  route.lastActivityMs = 1234
  const tunnels = [createFakeTunnel(route)]
  const keeper = await createKeeper({ folder, tunnels, log, longestMs: HOUR, tellEveryMs: 20 })
  const heard: unknown[] = []
  const used = (...words: unknown[]): void => void heard.push(words)
  const kept = takeKept({ folder, log, adopt: () => () => undefined, used })
  await until(() => heard.length === 1)
  route.lastActivityMs = 5678
  await until(() => heard.length === 2)
  t.same(heard, [
    ['/user/ana/', 1234],
    ['/user/ana/', 5678],
  ])
  await kept.close()
  keeper.close()
  await keeper.ended
})

t.test('the place of a keeper that was killed is cleared away', async (t) => {
  const folder = temporaryFolder(t)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path.join(folder, '1.sock'), resolve))

  // Closing a server removes its socket: only a process that is killed leaves it.
  const script = `require('node:net').createServer().listen('${folder}/2.sock', () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script], { env: {} })
  t.same(readdirSync(folder), ['1.sock', '2.sock'])
  const kept = takeKept({ folder, log, adopt: () => undefined, used: () => undefined })
  await until(() => !existsSync(path.join(folder, '2.sock')))
  t.ok(existsSync(path.join(folder, '1.sock')))
  await kept.close()
  server.close()
})

t.test('where nothing was ever kept there is nothing to take', async (t) => {
  const folder = path.join(temporaryFolder(t), 'none')
  const kept = takeKept({ folder, log, adopt: () => undefined, used: () => undefined })
  t.equal(kept.size, 0)
  await kept.close()
})
