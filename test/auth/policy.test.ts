import t from 'tap'
import { isShutOut } from '../../src/auth/policy.ts'

const ana = { name: 'ana', admin: false }
const root = { name: 'root', admin: true }

t.test('without lists nobody is kept out', (t) => {
  t.notOk(isShutOut(ana, { allowed: [], blocked: [] }))
  t.end()
})

t.test('a list of the allowed keeps out everybody else but administrators', (t) => {
  const rules = { allowed: ['Ben'], blocked: [] }
  t.ok(isShutOut(ana, rules))
  t.notOk(isShutOut(root, rules))
  t.notOk(isShutOut({ name: 'ben', admin: false }, rules), 'however the name is written')
  t.end()
})

t.test('who is blocked is, also when allowed or an administrator', (t) => {
  t.ok(isShutOut(ana, { allowed: ['ana'], blocked: ['ANA'] }))
  t.ok(isShutOut(root, { allowed: [], blocked: ['root'] }))
  t.end()
})
