import t from 'tap'
import {
  completeRole,
  isDefaultRole,
  roleNameProblem,
  roleProblems,
} from '../../src/model/custom-role.ts'
import { roles } from '../../src/model/role.ts'

t.test('§9.121 names of roles', async (t) => {
  for (const name of ['abc', 'a_b', 'teacher-2026', 'a~.b', `a${'b'.repeat(254)}`])
    t.equal(roleNameProblem(name), undefined, name)
  for (const name of ['ab', '1abc', 'abc-', 'Abc', 'a b', '', `a${'b'.repeat(255)}`])
    t.match(roleNameProblem(name), /3–255/, name)
})

t.test('§9.121 the role admin gets members and nothing else', async (t) => {
  t.same(roleProblems({ name: 'admin', users: ['ana'] }), [])
  t.match(roleProblems({ name: 'admin', scopes: [], description: '' }), [
    { key: 'scopes' },
    { key: 'description' },
  ])
})

t.test('what a declaration leaves out of a default role stays as it is', async (t) => {
  t.same(completeRole({ name: 'user', scopes: ['self', 'read:hub'] }), {
    ...roles.user,
    scopes: ['self', 'read:hub'],
  })
  t.same(completeRole({ name: 'token', description: 'x' }), { ...roles.token, description: 'x' })
  t.same(completeRole({ name: 'teacher' }), { name: 'teacher', description: '', scopes: [] })
  t.ok(isDefaultRole('server'))
  t.notOk(isDefaultRole('teacher'))
  t.notOk(isDefaultRole('toString'))
})
