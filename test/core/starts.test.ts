/** The table of starts: what is known of one while it goes on, and what is left of it when it is over. */
import t from 'tap'
import { createStarts } from '../../src/core/starts.ts'
import { createCore, type Core } from '../support/core.ts'

function tableOf(core: Core) {
  const ready: string[] = []
  const starts = createStarts({
    ...core.context,
    pathOf: ({ userName }) => `/user/${userName}/`,
    onReady: ({ userName }) => void ready.push(userName),
  })
  const user = core.addUser('ana')
  const { id } = core.serverOf(user)
  const server = core.context.store.servers.update(id, { state: 'starting' })
  return { starts, of: { server, user }, server, ready }
}

t.test('a start is under way until its work is done, and is remembered then', async (t) => {
  const core = createCore(t)
  const { starts, of, server, ready } = tableOf(core)
  t.equal(starts.last(server), undefined)
  const { promise, resolve } = Promise.withResolvers<typeof server>()
  const start = starts.track(of, () => promise)
  t.equal(starts.underWay(server), start)
  t.same(starts.allUnderWay(), [start])
  resolve(server)
  t.equal(await start.outcome, server)
  t.same(ready, ['ana'])
  t.equal(start.ending, 'ready')
  t.match(start.progress.events.at(-1), { ready: true, url: '/user/ana/' })
  t.equal(starts.underWay(server), undefined)
  t.equal(starts.last(server), start)
  starts.forget(server)
  t.equal(starts.last(server), undefined)
})

t.test(
  'a start that fails says why on its row, to whoever watches and to whoever waits',
  async (t) => {
    const core = createCore(t)
    const { starts, of, server, ready } = tableOf(core)
    const start = starts.track(of, () => Promise.reject(new Error('a secret of the hub')))
    t.match(await start.outcome.catch((e: unknown) => e), { code: 'Unavailable' })
    t.match(core.again(server), { state: 'failed', failure: { message: /Its log says why/ } })
    t.match(start.progress.events.at(-1), { failed: true, message: /^Spawn failed: / })
    t.same(ready, [])
  },
)
