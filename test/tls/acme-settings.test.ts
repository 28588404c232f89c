/** Which authority is asked for which names. */
import t from 'tap'
import {
  isAutomatic,
  isForTrials,
  readAuthorities,
  wantedCertificate,
} from '../../src/tls/acme-settings.ts'

const base = {
  enabled: true,
  tls: { cert: '' },
  letsencrypt: {
    email: 'a@b.org',
    domains: ['Hub.example.org', 'hub.example.org'],
    staging: false,
  },
  acme: { directory: '', trial: '', ca: '' },
}

t.test("Let's Encrypt is asked, after a trial where failures do not count", async (t) => {
  t.match(wantedCertificate(base), {
    directory: /^https:\/\/acme-v02\./,
    trial: /^https:\/\/acme-staging-v02\./,
    names: ['hub.example.org'],
    email: 'a@b.org',
  })
  t.notOk(isForTrials(base))
})

t.test('the environment for trials gives certificates for trials', async (t) => {
  const settings = { ...base, letsencrypt: { ...base.letsencrypt, staging: true } }
  t.match(wantedCertificate(settings), { directory: /staging/, trial: undefined })
  t.ok(isForTrials(settings))
})

t.test('another authority is asked at once, unless it has a directory for trials', async (t) => {
  const directory = 'https://ca.example.org/directory'
  const own = { ...base, acme: { ...base.acme, directory } }
  t.match(wantedCertificate(own), { directory, trial: undefined })
  const trial = 'https://trial.example.org/directory'
  t.match(wantedCertificate({ ...own, acme: { ...own.acme, trial } }), { directory, trial })
})

t.test(
  'nothing is obtained without names, beside an own certificate, or when it is off',
  async (t) => {
    const none = { ...base.letsencrypt, domains: [] }
    for (const part of [{ enabled: false }, { tls: { cert: '/x.pem' } }, { letsencrypt: none }]) {
      t.equal(wantedCertificate({ ...base, ...part }), undefined)
      t.notOk(isAutomatic({ ...base, ...part }))
    }
  },
)

t.test('who vouches for a directory is read from a file', async (t) => {
  const dir = t.testdir({ 'root.pem': 'PEM' })
  const wanted = { directory: '', trial: undefined, names: [], email: '' }
  t.equal(readAuthorities({ ...wanted, caFile: '' }), undefined)
  t.equal(readAuthorities({ ...wanted, caFile: `${dir}/root.pem` }), 'PEM')
  t.throws(() => readAuthorities({ ...wanted, caFile: `${dir}/none.pem` }), /https\.acme\.ca cannot be read/) // prettier-ignore
})
