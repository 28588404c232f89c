/** What is shown of shares and codes (contract §3.10). */
import t from 'tap'
import { createSharePresenter } from '../../src/api/present-shares.ts'

const config = { base_url: '/class/', public_url: 'https://hub.example.org' }
const server = { id: 1, userId: 1, userName: 'a b', name: 'lab', ready: true }
const createdAt = new Date(Date.UTC(2026, 0, 1))

t.test('addresses are whole where the public one is known', async (t) => {
  const present = createSharePresenter({ config })
  const shown = present.share({
    id: 1,
    server,
    with: { kind: 'group', id: 3, name: 'course' },
    scopes: ['access:servers!server=a b/lab'],
    createdAt,
    expiresAt: undefined,
  })
  t.same(shown, {
    server: {
      user: { name: 'a b' },
      name: 'lab',
      url: '/class/user/a%20b/lab/',
      full_url: 'https://hub.example.org/class/user/a%20b/lab/',
      ready: true,
    },
    scopes: ['access:servers!server=a b/lab'],
    user: null,
    group: { name: 'course' },
    kind: 'group',
    created_at: '2026-01-01T00:00:00Z',
  })
  const code = { id: 5, server, scopes: [], createdAt, expiresAt: createdAt, exchangeCount: 0 }
  const made = present.code({ ...code, lastExchangedAt: undefined }, 'se+cret')
  t.equal(made['full_accept_url'], 'https://hub.example.org/class/hub/accept-share?code=se%2Bcret')
})
