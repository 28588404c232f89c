/** What tokens may do of what their owners may. */
import t from 'tap'
import { createTokenScopes } from '../../src/core/token-scopes.ts'
import { createCore } from '../support/core.ts'

t.test('a token has its scopes where its owner has them, and all of them by inherit', async (t) => {
  const core = createCore(t)
  const { store, tokens } = core.context
  const user = core.addUser('ana')
  const scopes = createTokenScopes({ store, groupsOf: () => [] })
  const owned = new Set(['read:users:name!user=ana', 'read:servers!user=ana'])
  const { token } = tokens.issue({ user, note: 'n', scopes: ['read:servers!user'] })
  t.same([...scopes.ofToken(token, user, owned)].sort(), [...owned].sort())
  t.same([...scopes.ofToken(token, user, new Set())], [], 'nothing of an owner who may do nothing')
  t.equal(scopes.ofToken({ ...token, scopes: ['inherit'] }, user, owned), owned)
})
