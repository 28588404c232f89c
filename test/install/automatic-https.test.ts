/** HTTPS on an installed machine from two commands: the certificate comes by itself, from a real authority (pebble). */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { buildBinary } from '../support/binary.ts'
import { temporaryFolder } from '../support/hub.ts'
import { install, slowly } from '../support/installation.ts'
import { createAuthority } from '../support/made-certificates.ts'
import { machineOnly, startMachine } from '../support/machine.ts'

const securely = (words: string): string =>
  `curl -s -k --max-time 30 -o /dev/null -w '%{http_code} %{redirect_url}' ${words}`

t.test(
  'an installed hub gets its certificate by itself, from two commands',
  machineOnly,
  async (t) => {
    const dir = temporaryFolder(t)
    const { cert: certificateFile } = createAuthority(dir, 'root').sign('directory', ['localhost'])
    const pebble = {
      ...{ listenAddress: '127.0.0.1:14000', managementListenAddress: '127.0.0.1:15000' },
      ...{
        certificate: '/srv/authority/directory.pem',
        privateKey: '/srv/authority/directory.key',
      },
      ...{
        httpPort: 80,
        tlsPort: 443,
        ocspResponderURL: '',
        externalAccountBindingRequired: false,
      },
    }
    writeFileSync(
      path.join(path.dirname(certificateFile), 'pebble.json'),
      JSON.stringify({ pebble }),
    )
    const folders = { '/srv/dist': buildBinary(), '/srv/authority': dir, '/srv/bin': '/usr/bin' }
    const machine = await startMachine(t, { folders })
    await machine.sh(install, slowly)
    await machine.sh(`echo '127.0.0.1 localhost hub.test.example' >> /etc/hosts
systemd-run --unit pebble --setenv PEBBLE_VA_NOSLEEP=1 /srv/bin/pebble -config /srv/authority/pebble.json
littlehub config set https.acme.directory https://localhost:14000/dir
littlehub config set https.acme.ca /srv/authority/root.pem`)
    const said =
      await machine.sh(`littlehub config add-item https.letsencrypt.domains hub.test.example 2>&1
littlehub config set https.enabled true 2>&1`)
    t.notMatch(said, /restart/)
    const login = await machine.sh(
      `for try in $(seq 45); do ${securely('https://hub.test.example/hub/login')} && break; sleep 1; done`,
      slowly,
    )
    t.match(
      login,
      /200 $/,
      await machine.sh('littlehub doctor --quick || true; journalctl -u pebble -n 20'),
    )
    t.equal(await machine.sh(securely('http://hub.test.example/hub/login')), '301 https://hub.test.example/hub/login') // prettier-ignore
    const found = await machine.sh('littlehub doctor --quick || true')
    t.match(
      found,
      /https: the certificate is for hub\.test\.example, \d+ days left; the hub renews it/,
    )
    t.match(found, /https: plain HTTP leads to https:\/\/hub\.test\.example/)
  },
)
