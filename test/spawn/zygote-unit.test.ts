/** What a zygote is run through when it is not to be a child of the hub. */
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { createZygoteUnit } from '../../src/spawn/zygote-unit.ts'

t.test(
  'each runs in a unit of its own, with the pipes of the hub and the given environment',
  async (t) => {
    const [one, other] = [createZygoteUnit(), createZygoteUnit()]
    const words = one.words(['/env/bin/python', '/a $b.py'], { PATH: '/usr/bin', LANG: 'C' })
    const unit = words.find((word) => word.startsWith('--unit=littlehub-zygote-')) ?? ''
    t.notOk(other.words([], {}).includes(unit))
    t.ok(words.includes('--pipe'))
    t.ok(words.includes('--property=KillMode=control-group'), 'what it has forked ends with it')
    t.same(words.slice(words.indexOf('--') + 1), [
      ...['env', '-i', 'PATH=/usr/bin', 'LANG=C', '/env/bin/python', '/a $$b.py'],
    ])
  },
)

t.test('ending one that is not there, or where there is no systemd, does no harm', async (t) => {
  t.doesNotThrow(() => createZygoteUnit().end())
  // A promise that nobody waits for would fail the test by then.
  await setTimeout(200)
})
