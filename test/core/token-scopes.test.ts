/** What tokens may do of what their owners may. */
import t from 'tap'
import { createTokenScopes } from '../../src/core/token-scopes.ts'
import { expandScopes, listScopes } from '../../src/model/scope.ts'
import { createCore } from '../support/core.ts'

t.test('a token has its scopes where its owner has them, and all of them by inherit', async (t) => {
  const core = createCore(t)
  const { store, tokens } = core.context
  const user = core.addUser('ana')
  const scopes = createTokenScopes({ store, groupsOf: () => [] })
  const owned = expandScopes(['read:servers!user=ana'], {})
  const { token } = tokens.issue({ user, note: 'n', scopes: ['read:servers!user'] })
  t.same(listScopes(scopes.ofToken(token, user, owned)), listScopes(owned))
  t.same(scopes.ofToken(token, user, []), [], 'nothing of an owner who may do nothing')
  t.equal(scopes.ofToken({ ...token, scopes: ['inherit'] }, user, owned), owned)
})
