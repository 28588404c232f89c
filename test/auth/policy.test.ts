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

t.test('a list of ten thousand is looked through once, not for everybody who comes', async (t) => {
  let read = 0
  const names = Array.from({ length: 10_000 }, (_, index) => `Student-${index}`)
  const allowed = new Proxy(names, {
    get(target, key, receiver) {
      read++
      return Reflect.get(target, key, receiver) as unknown
    },
  })
  const isOut = (name: string): boolean =>
    isShutOut({ name, admin: false }, { allowed, blocked: [] })
  t.notOk(isOut('student-9999'))
  t.ok(isOut('somebody'))
  const readOnce = read
  for (let time = 0; time < 1000; time++) isOut('student-5')
  t.ok(read - readOnce < 10_000, 'only its length')
})
