/** S-08: endless and hostile names are refused cheaply, and cost neither memory nor log nor patience. */
import t from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { createThrottle } from '../../src/lib/throttle.ts'
import { normaliseName } from '../../src/model/user.ts'

const hostile = [
  'x'.repeat(2_000_000),
  '\ufdfa'.repeat(1_000_000),
  'a\u0300'.repeat(1_000_000),
  ' '.repeat(2_000_000),
  'ana\nroot logged in',
  'ana\r\n{"level":60}',
  '\u001b[2J\u001b[31mana',
  'ana\0',
  '\u2028',
]

t.test('a hostile name is refused at once, in a sentence that does not repeat it', async (t) => {
  const began = process.cpuUsage()
  for (const name of hostile)
    try {
      normaliseName(name)
      t.fail(`taken: ${encodeURIComponent(name.slice(0, 20))}`)
    } catch (thrown) {
      t.ok(thrown instanceof HubError && thrown.status === 400)
      t.match(String(thrown), /^[ -~]{10,120}$/)
    }
  const { user } = process.cpuUsage(began)
  t.ok(user < 2_000_000, `${user} µs`)
})

t.test('what failed logins leave behind does not grow with them', async (t) => {
  const throttle = createThrottle({ clock: { now: () => new Date(0) } })
  for (let index = 0; index < 50_000; index++)
    throttle.failed(`name${index}`, `10.0.${index % 250}.1`)
  t.ok(throttle.list().length <= 100, 'what administrators see is bounded')
})
