/** Installing on a machine of its own, when something is in the way or it is cut off. */
import t from 'tap'
import { version } from '../../src/lib/version.ts'
import {
  archive,
  bootWithRelease,
  health,
  install,
  installer,
  slowly,
} from '../support/installation.ts'
import { inMachine, machineOnly } from '../support/machine.ts'

t.test('killed at any step, the same command goes on', machineOnly, async (t) => {
  const machine = await bootWithRelease(t)
  for (const step of [1, 2, 3, 4, 5, 6]) {
    // The step's first line is still to come: what it does is cut off in the middle.
    const script = `rm -f /tmp/said; setsid ${install} >/tmp/said 2>&1 &
      for _ in $(seq 1500); do
        if [ ${step} = 1 ] && [ -e /opt/littlehub/lock ] || grep -q "^.${step - 1}/6.*s)$" /tmp/said; then break; fi
        sleep 0.02
      done
      kill -9 -$!; wait $! || true; cat /tmp/said`
    const said = await machine.sh(script, slowly)
    t.notMatch(said, /^.6\/6.*s\)$/m, `cut off at step ${step}`)
  }
  t.match(await machine.sh(install, slowly), /hub\/claim\//)
  t.equal(await machine.sh(health), '200')
  t.equal(await machine.sh(`find / -xdev -name '*.new' -path '*littlehub*' ! -path '/srv/*'`), '')
})

t.test(
  'what stands in the way is said in one line, and nothing is changed',
  machineOnly,
  async (t) => {
    const machine = await bootWithRelease(t)
    const attempt = async (how: string) => {
      const { exitCode, stdout, stderr } = await machine.run(['sh', '-c', how], slowly)
      t.equal((await machine.run(['test', '-e', '/opt/littlehub'])).exitCode, 1, 'nothing was made')
      return { exitCode, said: stdout + stderr }
    }

    await t.test('a port in use', async (t) => {
      await machine.sh('systemd-run --quiet --unit other /usr/bin/python3 -m http.server 80')
      await machine.sh(
        'for _ in $(seq 50); do curl -s http://127.0.0.1:80 >/dev/null && break; sleep 0.1; done',
      )
      const { exitCode, said } = await attempt(install)
      t.equal(exitCode, 1)
      t.match(said, /stop +port 80 is used by python3\n.*--port 8000/)
      await machine.sh('systemctl stop other')
    })

    await t.test('the port of HTTPS, where that is configured; elsewhere it is told', async (t) => {
      await machine.sh(`systemd-run --quiet --unit other /usr/bin/python3 -m http.server 443
        for _ in $(seq 50); do curl -s http://127.0.0.1:443 >/dev/null && break; sleep 0.1; done`)
      const { exitCode, said } = await attempt(`${install} --dry-run`)
      t.equal(exitCode, 0)
      t.match(said, /note +port 443 is used by python3\n.*--snippet nginx/)
      await machine.sh(`mkdir /etc/littlehub
        printf 'https:\\n  enabled: true\\n' > /etc/littlehub/config.yaml`)
      const refused = await attempt(install)
      t.equal(refused.exitCode, 1)
      t.match(
        refused.said,
        /stop +port 443 is used by python3, and https\.enabled is set\n.*https\.port/,
      )
      await machine.sh('systemctl stop other; rm -r /etc/littlehub')
    })

    await t.test('somebody who is not root', async (t) => {
      const { exitCode, said } = await attempt(`setpriv --reuid=65534 --clear-groups ${install}`)
      t.equal(exitCode, 1)
      t.match(said, /stop +not root\n +Run it with sudo/)
    })

    await t.test('an old distribution', async (t) => {
      await machine.sh(
        `cp /etc/os-release /tmp/os && rm /etc/os-release && printf 'ID=ubuntu\\nVERSION_ID="20.04"\\nPRETTY_NAME="Ubuntu 20.04.6 LTS"\\n' > /etc/os-release`,
      )
      const { exitCode, said } = await attempt(install)
      t.equal(exitCode, 1)
      t.match(said, /stop +Ubuntu 20\.04\.6 LTS is too old; 22\.04 is the oldest that works/)
      await machine.sh('cp /tmp/os /etc/os-release')
    })

    await t.test('no network', async (t) => {
      const { exitCode, said } = await attempt(`${installer} --offline ${archive}`)
      t.equal(exitCode, 1)
      t.match(said, /stop +no way from this machine to a network\n.*--user-env existing DIR/)
    })

    await t.test('another processor', async (t) => {
      await machine.sh(
        `mkdir -p /root/bin && printf '#!/bin/sh\\necho riscv64\\n' > /root/bin/uname && chmod +x /root/bin/uname`,
      )
      const { exitCode, said } = await attempt(`PATH=/root/bin:$PATH ${install}`)
      t.equal(exitCode, 1)
      t.match(said, /stop +processor riscv64/)
    })

    await t.test('an archive that was cut off', async (t) => {
      await machine.sh(`head -c 1000000 ${archive} > /root/half.tar.gz`)
      const { exitCode, said } = await attempt(`${installer} --offline /root/half.tar.gz`)
      t.equal(exitCode, 2)
      t.match(said, /no release archive of littlehub/)
    })
  },
)

t.test(
  'a script that comes through a pipe fetches the release it names',
  machineOnly,
  async (t) => {
    const machine = await bootWithRelease(t)
    const place = '/root/releases/latest/download'
    await machine.sh(`mkdir -p ${place} && cp /srv/dist/*.tar.gz /srv/dist/SHA256SUMS ${place}/`)
    await machine.sh(
      'systemd-run --quiet --unit releases /usr/bin/python3 -m http.server 8080 -d /root/releases',
    )
    await machine.sh(
      'for _ in $(seq 50); do curl -s http://127.0.0.1:8080 >/dev/null && break; sleep 0.1; done',
    )
    const piped = (words: string) =>
      `cd / && LITTLEHUB_RELEASE_URL=http://127.0.0.1:8080 bash -s -- ${words} < ${inMachine.checkout}/install.sh`
    const words = `--user-env existing ${inMachine.environment}`
    const said = await machine.sh(piped(words), slowly)
    t.match(said, /hub\/claim\//)
    await machine.sh(`printf x >> ${place}/littlehub-${version}-linux-${process.arch}.tar.gz`)
    const { exitCode, stderr } = await machine.run(['sh', '-c', piped(words)], slowly)
    t.equal(exitCode, 2)
    t.match(stderr, /could not be fetched whole/)
  },
)
