/** What is open at the front door shows among the metrics. */
import t from 'tap'
import { startDoor } from '../support/door.ts'

t.test('routes, exchanges and connections are counted', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const text = door.hub.context.metrics.render()
  for (const line of [
    'routes 1',
    'websockets 0',
    'exchanges 0',
    'connections 0',
    'starts_waiting 0',
  ])
    t.match(text, new RegExp(`_${line}$`, 'm'))
})
