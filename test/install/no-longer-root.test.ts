/** An installation whose hub was root is taken over as it is, and can be given back to the version before. */
import { spawn } from 'node:child_process'
import t from 'tap'
import {
  archive,
  bootWithRelease,
  echoServers,
  installer,
  release,
  slowly,
} from '../support/installation.ts'
import { inMachine, machineOnly, type Machine } from '../support/machine.ts'

/** As versions were whose hub is root, with all that is written by it. */
const asRoot = `sed -i -e '/^User=/d' -e '/^Group=/d' -e 's/^ProtectSystem=strict/ProtectSystem=true/' \
  -e 's/^CapabilityBoundingSet=.*/CapabilityBoundingSet=~/' -e '/^SystemCallFilter=~/d' -e '/^ProtectHome/d' scripts/units.sh
  sed -i -e 's/littlehub-spawner.socket littlehub-spawner.service //' scripts/units.sh
  sed -i -e 's/ littlehub-spawner.socket littlehub.service/ littlehub.service/' \
    -e '/systemctl start littlehub-spawner.socket/d' -e 's/ || ! runs_as_its_account//' \
    -e 's/exec setpriv .* env /exec env /' scripts/service-install.sh
  printf '%s\\n' 'make_hub_account() { :; }' 'give_hub_its_files() { mkdir -p "$data_dir"; }' \
    'let_hub_read_config() { :; }' 'let_hub_read_certificate() { :; }' >> scripts/hub-account.sh
  printf x >> littlehub`

const install = (file: string): string =>
  `${installer} --offline ${file} --user-env existing ${inMachine.environment} 2>&1`

/** The installer of this release, and not that of the checkout. */
const installOld = `rm -rf /root/old && mkdir /root/old && tar -xzf /root/root.tar.gz -C /root/old &&
  bash /root/old/littlehub-*/install.sh --offline /root/root.tar.gz --user-env existing ${inMachine.environment} 2>&1`

const who = 'stat -c %U /proc/$(systemctl show -p MainPID --value littlehub)'

function openTunnels(machine: Machine, token: string) {
  const file = '/root/enough'
  const program = `${inMachine.checkout}/test/support/steady-tunnels.ts`
  const url = 'http://127.0.0.1/user/ana/'
  const words = machine.words([inMachine.node, program, url, token, '10', file])
  const tunnels = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  tunnels.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise((resolve) => tunnels.once('close', resolve))
  return async () => {
    await machine.sh(`touch ${file}`)
    await ended
    return JSON.parse(said) as Readonly<Record<string, number>>
  }
}

t.test('a hub that was root is none any more', machineOnly, async (t) => {
  const machine = await bootWithRelease(t)
  await machine.sh(release('root', asRoot), slowly)
  await machine.sh(`${installOld} --admin ada`, slowly)
  t.equal(await machine.sh(who), 'root\n')
  await machine.sh('littlehub user add ana')
  const tokenOf = async (name: string) => (await machine.sh(`littlehub token add ${name}`)).trim()
  const [admin, ana] = [await tokenOf('ada'), await tokenOf('ana')]
  const ask = (token: string, how: string) =>
    machine.sh(`curl -s -H "Authorization: token ${token}" --max-time 60 ${how}`, slowly)
  const notebook =
    '-f --retry 60 --retry-all-errors --retry-delay 1 http://127.0.0.1/user/ada/api/status'
  await ask(admin, '-X POST http://127.0.0.1/hub/api/users/ada/server')
  t.match(await ask(admin, notebook), /kernels/)
  await machine.sh(echoServers)
  await ask(admin, '-X POST http://127.0.0.1/hub/api/users/ana/server')
  t.match(await ask(ana, '--retry 5 http://127.0.0.1/user/ana/'), /^pid \d+/)
  const pid = await machine.sh('systemctl show -p MainPID --value jupyter-ada')
  t.equal(await machine.sh('stat -c %U /var/lib/littlehub/littlehub.db'), 'root\n')

  await t.test('servers and WebSockets go on, and everything is its own', async (t) => {
    const endTunnels = openTunnels(machine, ana)
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const said = await machine.sh(install(archive), slowly)
    t.match(said, /running on port 80/)
    t.equal(await machine.sh(who), 'littlehub\n')
    t.match(await ask(admin, notebook), /kernels/)
    t.equal(await machine.sh('systemctl show -p MainPID --value jupyter-ada'), pid)
    t.match(await endTunnels(), { opened: 10, kept: 10 })
    t.equal(await machine.sh('find /var/lib/littlehub -user root ! -path "*/.cache/*"'), '')
    t.match(await machine.sh('littlehub doctor --quick || true'), /ok +helper/)
  })

  await t.test('the version before runs on all of it, as root', async (t) => {
    await machine.sh(installOld, slowly)
    t.equal(await machine.sh(who), 'root\n')
    t.match(await ask(admin, notebook), /kernels/)
  })

  await t.test('and this one after it', async (t) => {
    await machine.sh(install(archive), slowly)
    t.equal(await machine.sh(who), 'littlehub\n')
    t.match(await ask(admin, notebook), /kernels/)
    t.equal(await machine.sh('find /var/lib/littlehub -user root ! -path "*/.cache/*"'), '')
  })
})
