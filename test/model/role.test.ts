/** The four roles that always exist (contract §4.7). */
import t from 'tap'
import { roles } from '../../src/model/role.ts'
import { expandScopes, listScopes } from '../../src/model/scope.ts'
import { scopeProblem } from '../../src/model/scope-form.ts'

t.test('every scope of every role exists', (t) => {
  for (const { scopes } of Object.values(roles))
    for (const scope of scopes) t.equal(scopeProblem(scope), undefined, scope)
  t.end()
})

t.test('the administrator role holds everything a user holds of their own', (t) => {
  const expanded = (scopes: readonly string[]): string[] =>
    listScopes(expandScopes(scopes, { user: 'ana' }))
  const admin = expanded(roles.admin.scopes)
  for (const scope of expanded(roles.user.scopes))
    t.ok(admin.includes(scope.split('!', 1)[0] ?? ''), scope)
  t.end()
})

t.test('a server may report its own activity and open itself, and no more', (t) => {
  t.same(listScopes(expandScopes(roles.server.scopes, { user: 'ana', server: 'ana/lab' })), [
    'access:servers!server=ana/lab',
    'read:users:activity!user=ana',
    'users:activity!user=ana',
  ])
  t.end()
})
