/** Pages of long lists (contract §0.8; appendix C). */
import t from 'tap'
import { lastOf, paginate, queryOf, readPage, type PageRequest } from '../../src/api/page.ts'

const request = (url: string, accept?: string): PageRequest => ({
  url,
  protocol: 'https',
  host: 'hub.example.org',
  headers: { accept },
})
const limits = { page_default_limit: 50, page_max_limit: 200 }
const type = 'application/jupyterhub-pagination+json'

t.test('only the exact type asks for pages', (t) => {
  for (const accept of [type, `text/html, ${type}`, type.toUpperCase()])
    t.match(readPage(request('/x', accept), limits), { wrapped: true, limit: 50 }, accept)
  for (const accept of [undefined, '*/*', 'application/json', `${type};q=0.9`, `x${type}`])
    t.match(
      readPage(request('/x', accept), limits),
      { wrapped: false, limit: 200 },
      accept ?? 'none',
    )
  t.end()
})

t.test('limits are brought into bounds', (t) => {
  const page = (query: string) => readPage(request(`/x?${query}`, type), limits)
  t.same(page('offset=5&limit=7'), { offset: 5, limit: 7, wrapped: true })
  t.match(page('offset=-5&limit=-7'), { offset: 0, limit: 7 })
  t.match(page('limit=0'), { limit: 1 })
  t.match(page('limit=1000000'), { limit: 200 })
  for (const bad of ['limit=x', 'offset=', 'limit=1.5', 'offset=1e3', 'limit=99999999999999999999'])
    t.throws(() => page(bad), { code: 'InvalidInput' }, bad)
  t.end()
})

t.test('the next page is an absolute address with everything else as it was', (t) => {
  const asked = request('/hub/api/users?state=ready&limit=2&name_filter=', type)
  const wrapped = paginate(asked, readPage(asked, limits), { items: [1, 2], total: 3 })
  t.same(wrapped, {
    items: [1, 2],
    _pagination: {
      offset: 0,
      limit: 2,
      total: 3,
      next: {
        offset: 2,
        limit: 2,
        url: 'https://hub.example.org/hub/api/users?state=ready&limit=2&name_filter=&offset=2',
      },
    },
  })
  const last = request('/hub/api/users?offset=2&limit=2', type)
  t.match(paginate(last, readPage(last, limits), { items: [3], total: 3 }), {
    _pagination: { next: null },
  })
  const bare = request('/hub/api/users')
  t.same(paginate(bare, readPage(bare, limits), { items: [1], total: 9 }), [1])
  t.end()
})

t.test('of a repeated parameter the last one counts', (t) => {
  t.equal(lastOf(queryOf({ url: '/x?a=1&a=%202%20' }), 'a'), '2')
  t.equal(lastOf(queryOf({ url: '/x' }), 'a'), undefined)
  t.end()
})
