/** What is said of limits that act, and of those that do not; in a machine: install/service.test.ts. */
import t from 'tap'
import { adviceFor, checkLimits } from '../../src/cli/check-limits.ts'
import { type TrialNeeds } from '../../src/spawn/limits-trial.ts'
import { scriptedTrial } from '../support/limits-trial.ts'

const check = (needs: TrialNeeds) => checkLimits({ slice: 'littlehub.slice' }, needs)

t.test('limits that act are fine', async (t) => {
  t.match(await check(scriptedTrial({})), [{ check: 'limits', level: 'ok' }])
})

t.test('each that does not act is a fault, with what to do', async (t) => {
  const findings = await check(scriptedTrial({ acting: {}, status: '0' }))
  t.match(findings, [
    {
      level: 'fail',
      found: /memory limit of 32 MiB does not act/,
      advice: /kernel|slice|version 1/,
    },
    { level: 'fail', found: /0\.5 processor cores/ },
    { level: 'fail', found: /16 processes/ },
    { level: 'fail', found: 'a program got three times its memory' },
  ])
})

t.test('a machine that cannot run units says so', async (t) => {
  const findings = await check(scriptedTrial({ refusal: 'Access denied' }))
  t.match(findings, [{ level: 'fail', found: /Access denied/, advice: /root/ }])
})

t.test('what the kernel lacks is named', async (t) => {
  const dir = t.testdir({
    unified: { 'cgroup.controllers': 'cpu io pids\n' },
    whole: { 'cgroup.controllers': 'cpu memory pids\n' },
    old: {},
  })
  t.match(adviceFor(`${dir}/unified`), /no controller for memory: .*cgroup_enable=memory /)
  t.match(adviceFor(`${dir}/whole`), /slice/)
  t.match(adviceFor(`${dir}/old`), /systemd\.unified_cgroup_hierarchy=1/)
})
