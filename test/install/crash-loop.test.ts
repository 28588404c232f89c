/** A version that fails some time after it was installed, on a machine of its own. */
import t from 'tap'
import {
  bootWithRelease,
  current,
  echoServers,
  health,
  install,
  release,
  slowly,
} from '../support/installation.ts'
import { machineOnly, type Machine } from '../support/machine.ts'

const hubPid = 'systemctl show -p MainPID --value littlehub'

/** Has the hub of this version crash a second after each of its starts, for as long as it is the current one. */
const crash = (version: string): string => `systemd-run --quiet --collect --unit crasher sh -c '
  while [ "$(${current})" = "${version}" ]; do
    pid=$(${hubPid})
    if [ "$(readlink /proc/$pid/exe)" = "/opt/littlehub/${version}/littlehub" ]; then sleep 1; kill -SEGV $pid; fi
    sleep 0.2
  done'`

/** The script until it succeeds. */
const until = (condition: string): string =>
  `for _ in $(seq 400); do if ${condition}; then exit 0; fi; sleep 0.2; done; exit 1`

/** Another value of a setting of the service. */
const serviceSetting = (section: string, line: string): string =>
  `mkdir -p /etc/systemd/system/littlehub.service.d
  printf '[${section}]\\n${line}\\n' > /etc/systemd/system/littlehub.service.d/test.conf
  systemctl daemon-reload`

/** Its \`serve\` does nothing, for ever. */
const hanging = `mv littlehub /root/whole; printf '#!/bin/sh\\n[ "$1" = serve ] && exec sleep 1000\\nexec /root/whole "$@"\\n' > littlehub; chmod 755 littlehub`

/** The older version as one that knows an older database. */
const knowsLess = (version: string): string => `cd /opt/littlehub/${version}; mv littlehub whole
  printf '#!/bin/sh\\n/opt/littlehub/${version}/whole "$@" | sed "s/\\"schema\\":[0-9]*/\\"schema\\":1/"\\n' > littlehub
  chmod 755 littlehub`

async function installedHub(machine: Machine) {
  await machine.sh(`${install} --admin ada`, slowly)
  await machine.sh(`${echoServers}; littlehub user add ana`)
  const admin = (await machine.sh('littlehub token add ada')).trim()
  const ana = (await machine.sh('littlehub token add ana')).trim()
  const ask = (token: string, how: string) =>
    machine.sh(`curl -s -H "Authorization: token ${token}" --max-time 30 ${how}`)
  await ask(admin, '-X POST http://127.0.0.1/hub/api/users/ana/server')
  return { serverPid: () => ask(ana, '--retry 5 http://127.0.0.1/user/ana/') }
}

t.test('a version that fails after it was installed', machineOnly, async (t) => {
  const machine = await bootWithRelease(t)
  const { serverPid } = await installedHub(machine)
  const pid = await serverPid()
  t.match(pid, /^pid \d+/)
  const first = (await machine.sh(current)).trim()

  await t.test('one that hangs when it is installed is taken back', async (t) => {
    await machine.sh(serviceSetting('Service', 'TimeoutStartSec=4'))
    await machine.sh(release('hanging', hanging), slowly)
    const words = ['littlehub', 'upgrade', '--archive', '/root/hanging.tar.gz']
    const { exitCode, stderr } = await machine.run(words, slowly)
    t.equal(exitCode, 1)
    t.match(stderr, /The new version does not answer; .* runs again/)
    t.equal((await machine.sh(current)).trim(), first)
    t.equal(await machine.sh(health), '200')
    t.equal(await serverPid(), pid)
  })

  await machine.sh(release('second', 'printf x >> littlehub'), slowly)
  await machine.sh('littlehub upgrade --archive /root/second.tar.gz', slowly)
  const second = (await machine.sh(current)).trim()
  t.not(second, first)

  await t.test('one that crashes again and again makes way for the one before', async (t) => {
    await machine.sh(crash(second))
    await machine.sh(until(`[ "$(${current})" = "${first}" ]`), { timeoutMs: 90_000 })
    await machine.sh(until('[ -e /opt/littlehub/fallback.json ]'), slowly)
    t.equal(await machine.sh(health), '200')
    t.match(await machine.sh('curl -s http://127.0.0.1/hub/login'), /name="_xsrf"/)
    t.match(await machine.sh('littlehub user list --json'), /"ada"[^]*"ana"/)
    t.equal(await serverPid(), pid, 'the server of ana goes on')
    const said =
      /ended by itself \d+ times within an hour, at last by the signal SEGV; 0\.1\.0-.* runs again since/
    t.match((await machine.run(['littlehub', 'version'])).stderr, said)
    const doctor = await machine.run(['littlehub', 'doctor', '--quick'], slowly)
    t.equal(doctor.exitCode, 1)
    t.match(doctor.stdout, /FAIL +version: 0\.1\.0-.*\n.*littlehub upgrade brings another version/)
    t.match(await machine.sh('systemctl status --lines 100 littlehub'), said)
  })

  await t.test('the next installation is a new beginning', async (t) => {
    await machine.sh('littlehub upgrade --archive /root/second.tar.gz', slowly)
    t.equal((await machine.sh(current)).trim(), second)
    t.equal((await machine.run(['littlehub', 'version'])).stderr, '')
    t.equal(await serverPid(), pid)
  })

  await t.test('where none can read the database, it stays stopped and says so', async (t) => {
    await machine.sh(`${serviceSetting('Unit', 'StartLimitBurst=8')}; (${knowsLess(first)})`)
    await machine.sh(crash(second))
    const isOver = 'systemctl is-failed --quiet littlehub && [ -e /opt/littlehub/fallback.json ]'
    await machine.sh(until(isOver), { timeoutMs: 120_000 })
    await machine.sh('systemctl stop crasher')
    t.equal((await machine.sh(current)).trim(), second)
    const said = /is stopped\. .* cannot read the database, which a newer version has changed\./
    t.match((await machine.run(['systemctl', 'status', 'littlehub'])).stdout, said)
    const { stdout } = await machine.run(['littlehub', 'doctor', '--quick'], slowly)
    t.match(stdout, said)
    const remedy = /systemctl reset-failed .* littlehub\.service/.exec(stdout)?.[0]
    t.match(remedy, 'systemctl')
    await machine.sh(remedy ?? '')
    t.equal(await machine.sh(health), '200')
    t.equal(await serverPid(), pid, 'the server of ana went on')
  })
})
