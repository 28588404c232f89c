/** HTTPS on an installed machine: set by commands, and its port held by systemd after the next run of the installer. */
import t from 'tap'
import { certificate, privateKey } from '../support/certificate.ts'
import { bootWithRelease, install, slowly } from '../support/installation.ts'
import { machineOnly } from '../support/machine.ts'

const securely = (words: string): string =>
  `curl -s -k --max-time 30 -o /dev/null -w '%{http_code} %{redirect_url}' ${words}`

t.test(
  'an installed hub gets HTTPS, and its port stays when it restarts',
  machineOnly,
  async (t) => {
    const machine = await bootWithRelease(t)
    await machine.sh(install, slowly)
    await machine.sh(`cd /etc/littlehub && umask 077
cat > own.pem <<'END'
${certificate}END
cat > own.key <<'END'
${privateKey}END
littlehub config set https.tls.cert /etc/littlehub/own.pem
littlehub config set https.tls.key /etc/littlehub/own.key`)
    const enable = 'littlehub config set https.enabled true'
    t.match(await machine.run(['sh', '-c', enable]), {
      exitCode: 2,
      stderr: /own\.key.*cannot be read by the account of the hub; run: chgrp littlehub/,
    })
    await machine.sh(`cd /etc/littlehub && chgrp littlehub own.* && chmod g+r own.*
${enable}
littlehub config check`)
    await machine.sh('systemctl restart littlehub', slowly)
    t.equal(
      await machine.sh(securely('https://localhost/hub/login')),
      '200 ',
      'the hub listens itself',
    )
    await machine.sh(install, slowly)
    t.equal(await machine.sh('systemctl is-active littlehub-https.socket'), 'active\n')
    t.equal(await machine.sh(securely('https://localhost/hub/login')), '200 ')
    t.equal(
      await machine.sh(securely('http://localhost/hub/login')),
      '301 https://localhost/hub/login',
    )
    const meanwhile = `systemctl restart littlehub & ${securely('https://localhost/hub/health')}; wait`
    t.equal(await machine.sh(meanwhile, slowly), '200 ', 'requests wait for it')
    t.match(
      await machine.sh('littlehub doctor --quick || true'),
      /https: the certificate is for localhost/,
    )
    const { stderr } = await machine.run([
      ...['littlehub', 'config', 'set', 'https.enabled', 'false'],
    ])
    const remedy = /systemctl disable --now littlehub-https\.socket/
    t.match(stderr, remedy)
    t.match(await machine.sh('littlehub doctor --quick || true'), remedy)
    await machine.sh(install, slowly)
    t.match(await machine.sh('systemctl is-enabled littlehub-https.socket || true'), /disabled/)
    t.match(await machine.sh('systemctl is-active littlehub-https.socket || true'), /inactive/)
  },
)
