/** A server as pages show it. */
import t from 'tap'
import { cardOf, getServer, pathNameOf } from '../../src/web/server-card.ts'
import { startPages } from '../support/pages.ts'

t.test('names are escaped in every address', async (t) => {
  const { context } = await startPages(t, { settings: { base_url: '/b/' } })
  const user = context.users.add('é x@uni.example', { admin: false })
  const server = getServer(context.store, user.name, '')
  const card = cardOf({ ...context, hubPath: '/b/hub/' }, server)
  t.match(card, {
    url: '/b/user/%C3%A9%20x@uni.example/',
    startPath: '/b/hub/spawn/%C3%A9%20x@uni.example',
    stopPath: '/b/hub/stop/%C3%A9%20x@uni.example',
    pendingPath: '/b/hub/spawn-pending/%C3%A9%20x@uni.example',
    state: 'stopped',
    lastActivity: undefined,
  })
  t.equal(pathNameOf({ userName: 'ana', name: 'lab2' }), 'ana/lab2')
})

t.test('a server that does not exist is not found', async (t) => {
  const { context } = await startPages(t, { users: ['ana'] })
  t.throws(() => getServer(context.store, 'nobody', ''), { code: 'NotFound' })
  t.throws(() => getServer(context.store, 'ana', 'lab2'), { code: 'NotFound' })
})
