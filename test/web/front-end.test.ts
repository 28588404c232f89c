/** How the front door goes. */
import t, { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { createForwarder } from '../../src/proxy/forward.ts'
import { createUpgrader } from '../../src/proxy/upgrade.ts'
import { createAdmissions } from '../../src/web/admissions.ts'
import { createFrontEnd } from '../../src/web/front-end.ts'
import { createCore } from '../support/core.ts'
import { temporaryFolder } from '../support/hub.ts'

function setUp(t: Test) {
  const core = createCore(t, { dataDir: `${temporaryFolder(t)}/data` })
  const { access, routes, config } = core.context
  const ana = core.addUser('ana')
  const owner = { user: 'ana', server: '', serverId: core.serverOf(ana).id, userId: ana.id }
  routes.add('/user/ana/', { host: 'h', port: 1 }, owner)
  const admissions = createAdmissions({ access })
  const upgrader = createUpgrader({ routes })
  const done: string[] = []
  const stopping = new AbortController()
  const end = createFrontEnd({
    ...{ config, admissions, routes, upgrader, stopping, log: createLog({ level: 'silent' }) },
    forwarder: createForwarder({ routes, onFailure: () => undefined }),
    drain: {
      all: () => Promise.resolve(void done.push('everything drained')),
      allBut: (staying) => Promise.resolve(void done.push(`all but ${staying()}`)),
    },
    close: () => Promise.resolve(void done.push('closed')),
  })
  const open = () =>
    admissions.admit({ headers: {}, route: routes.match('/user/ana/')!, caller: undefined })
  return { end, done, open, stopping, admissions }
}

t.test('it is closed, and nothing is left', async (t) => {
  const { end, done, stopping } = setUp(t)
  end.takeOver()
  await end.close()
  t.same(done, ['everything drained', 'closed'])
  t.ok(stopping.signal.aborted, 'also of what would go on for ever')
})

t.test('it is left, and what is open goes on', async (t) => {
  const { end, done, open, admissions } = setUp(t)
  end.takeOver()
  const admission = open()
  const keeper = await end.leave()
  t.same(done, ['all but 1'])
  t.notOk(admission.right.hasEnded)
  admissions.release(admission)
  await keeper?.ended
})

t.test('it is left with nothing open: that is closing it', async (t) => {
  const { end, done } = setUp(t)
  t.equal(await end.leave(), undefined)
  t.same(done, ['all but 0', 'closed'])
})
