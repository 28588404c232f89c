/** How much one client may hold, unless the configuration says otherwise. */
import t from 'tap'
import { connections } from '../../src/config/connection-settings.ts'
import { isLive, listSettings } from '../../src/config/sections.ts'

t.test('every limit can be changed while the hub runs', async (t) => {
  const settings = listSettings(connections, 'connections')
  t.equal(settings.length, 5)
  t.same(
    settings.filter((one) => !isLive(one)),
    [],
  )
})
