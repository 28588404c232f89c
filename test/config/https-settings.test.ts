/** The settings of HTTPS have the names that people bring along, and say what waits for a start. */
import t from 'tap'
import { listSettings, isLive } from '../../src/config/sections.ts'
import { https } from '../../src/config/https-settings.ts'

t.test('the certificate is changed live, everything else at a start', async (t) => {
  const settings = listSettings(https, 'https')
  const live = settings.filter(isLive).map(({ key }) => key)
  t.same(live, ['https.tls.cert', 'https.tls.key'])
  for (const key of ['https.enabled', 'https.letsencrypt.email', 'https.letsencrypt.domains'])
    t.ok(
      settings.some((setting) => setting.key === key),
      key,
    )
})
