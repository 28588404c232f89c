/** The settings of HTTPS have the names that people bring along, and say what waits for a start. */
import t from 'tap'
import { listSettings, isLive } from '../../src/config/sections.ts'
import { https } from '../../src/config/https-settings.ts'

t.test('it is switched on and gets other certificates while the hub runs', async (t) => {
  const settings = listSettings(https, 'https')
  const waiting = settings.filter((one) => !isLive(one)).map(({ key }) => key)
  t.same(waiting, ['https.port'])
  for (const key of ['https.enabled', 'https.letsencrypt.email', 'https.letsencrypt.domains'])
    t.ok(
      settings.some((setting) => setting.key === key),
      key,
    )
})
