/** Ours first; then those that came along; nothing else. The way from a JupyterHub: cli/import-tljh.test.ts. */
import t from 'tap'
import { findToken } from '../../src/core/token-lookup.ts'
import { hashSecret } from '../../src/lib/secret.ts'
import { type Token } from '../../src/model/token.ts'

const token = (id: number): Token => ({
  id,
  userId: 1,
  userName: 'ana',
  note: '',
  scopes: [],
  clientId: undefined,
  serverId: undefined,
  sessionPublicId: undefined,
  createdAt: new Date(0),
  lastActivityAt: undefined,
  expiresAt: undefined,
})

t.test('a secret of ours is found by its hash, and nothing else is asked', async (t) => {
  const asked: string[] = []
  const tokens = {
    findByHash: (hash: string) => (hash === hashSecret('mine') ? token(1) : undefined),
    listImported(start: string) {
      asked.push(start)
      return [{ hash: `${start}sha512:1:00:00`, token: token(2) }]
    },
  }
  t.match(findToken({ tokens }, 'mine', new Date()), { id: 1 })
  t.equal(findToken({ tokens }, 'not mine', new Date()), undefined)
  t.same(asked, [])
  t.equal(findToken({ tokens }, 'f'.repeat(32), new Date()), undefined, 'another one begins so')
  t.same(asked, ['jupyterhub:ffff:'])
})
