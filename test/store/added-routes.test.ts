/** Added routes, as they were told. */
import t from 'tap'
import { openStore } from '../support/store.ts'

const usedAt = new Date(5000)

t.test('a route is kept with all that was said about it, and the newest counts', async (t) => {
  const { addedRoutes } = openStore(t)
  const [first, second] = ['http://127.0.0.1:1', 'http://127.0.0.1:2']
  addedRoutes.save({ path: '/wiki', data: { target: first }, usedAt: new Date(1) })
  addedRoutes.save({ path: '/wiki', data: { target: second, more: { deep: [1] } }, usedAt })
  addedRoutes.save({ path: '/gone', data: { target: first }, usedAt })
  addedRoutes.remove('/gone')
  addedRoutes.remove('/never')
  t.same(addedRoutes.list(), [
    { path: '/wiki', data: { target: second, more: { deep: [1] } }, usedAt },
  ])
})
