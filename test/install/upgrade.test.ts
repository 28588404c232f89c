/** Another version on a machine of its own: under load, one that does not start, and a backup on another machine. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
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
import { inMachine, machineOnly, type Machine } from '../support/machine.ts'

/** Its `serve` changes the database so that no older one can read it, and ends; everything else works. */
const broken = `mv littlehub /root/whole; cat > littlehub <<'PROGRAM'
#!/bin/sh
if [ "$1" = serve ]; then
  ${inMachine.node} -e 'const { DatabaseSync } = require("node:sqlite")
    new DatabaseSync("/var/lib/littlehub/littlehub.db").exec("delete from users; pragma user_version = 99")'
  exit 1
fi
exec /root/whole "$@"
PROGRAM
chmod 755 littlehub`

let loads = 0

/** A program in the machine that goes on until `end`, which brings what it says then. */
function startLoad(machine: Machine, name: string, words: readonly string[]) {
  const file = `/root/enough-${loads++}`
  const program = `${inMachine.checkout}/test/support/${name}.ts`
  const all = machine.words([inMachine.node, program, ...words, file])
  const load = spawn(all[0] ?? '', all.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  load.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise((resolve) => load.once('close', resolve))
  return async () => {
    await machine.sh(`touch ${file}`)
    await ended
    await machine.sh(`rm ${file}`)
    return JSON.parse(said) as Readonly<Record<string, number>>
  }
}

t.test('an installation, upgraded, taken back and moved', machineOnly, async (t) => {
  const machine = await bootWithRelease(t)
  await machine.sh(`${install} --admin ada`, slowly)
  const first = await machine.sh(current)
  await machine.sh(`${echoServers}; littlehub user add ana; littlehub user add ben`)
  const tokenOf = async (name: string) => (await machine.sh(`littlehub token add ${name}`)).trim()
  const [admin, ana] = [await tokenOf('ada'), await tokenOf('ana')]
  const ask = (token: string, how: string) =>
    machine.sh(`curl -s -H "Authorization: token ${token}" --max-time 30 ${how}`)
  for (const name of ['ana', 'ben'])
    await ask(admin, `-X POST http://127.0.0.1/hub/api/users/${name}/server`)
  const pidOfServer = () => ask(ana, '--retry 5 http://127.0.0.1/user/ana/')
  const pid = await pidOfServer()
  t.match(pid, /^pid \d+/)
  const tunnels = (name: string, token: string) =>
    startLoad(machine, 'steady-tunnels', [`http://127.0.0.1/user/${name}/`, token, '20'])
  const endTunnels = tunnels('ana', ana)
  const endTunnelsOfBen = tunnels('ben', await tokenOf('ben'))

  await t.test('no request fails while the hub is upgraded', async (t) => {
    await machine.sh(release('second', 'printf x >> littlehub'), slowly)
    const endRequests = startLoad(machine, 'steady-requests', ['http://127.0.0.1/hub/login'])
    const upgraded = await machine.sh('littlehub upgrade --archive /root/second.tar.gz', slowly)
    t.match(upgraded, /running on port 80/)
    const { sent = 0, failed, longestMs } = await endRequests()
    t.comment(`requests sent: ${sent}, failed: ${failed}, longest wait: ${longestMs} ms`)
    t.ok(sent > 10)
    t.equal(failed, 0)
    t.not(await machine.sh(current), first)
    t.match(await machine.sh('ls /opt/littlehub/backups'), /^before-.*\.tar\.gz$/m)
    t.match(await machine.sh('littlehub user list --json'), /"ada"/)
    t.equal(await pidOfServer(), pid, 'the server of ana goes on')
    const { opened, kept, longestMs: longestGapMs } = await endTunnels()
    t.comment(`WebSockets: ${opened}, kept: ${kept}, longest gap: ${longestGapMs} ms`)
    t.equal(opened, 20)
    t.equal(kept, 20)
  })

  await t.test('who is blocked after it loses what the version before has kept open', async (t) => {
    await machine.sh(`littlehub config set users.blocked '["ben"]'`)
    // The load writes and listens for two more seconds, longer than a right takes to end.
    const { opened, kept } = await endTunnelsOfBen()
    t.equal(opened, 20)
    t.equal(kept, 0)
  })

  await t.test(
    'a version that does not start is taken back, and what it did to the data',
    async (t) => {
      const second = await machine.sh(current)
      await machine.sh(release('broken', broken), slowly)
      const end = tunnels('ana', ana)
      const words = ['littlehub', 'upgrade', '--archive', '/root/broken.tar.gz']
      const { exitCode, stderr } = await machine.run(words, slowly)
      t.equal(exitCode, 1)
      t.match(stderr, /The new version does not answer; .* runs again/)
      const { opened, kept, longestMs } = await end()
      t.comment(
        `WebSockets through a rollback: ${opened}, kept: ${kept}, longest gap: ${longestMs} ms`,
      )
      t.equal(opened, 20)
      t.equal(kept, 20)
      t.equal(await machine.sh(current), second)
      t.equal(await machine.sh(health), '200')
      t.match(await machine.sh('littlehub user list --json'), /"ada"/)
      t.match(await machine.sh('ls /var/lib/littlehub'), /^littlehub\.db\.before-restore-/m)
    },
  )

  await t.test('a backup makes another machine the same hub', async (t) => {
    const token = (await machine.sh('littlehub token add ada')).trim()
    await machine.sh('littlehub backup /root/hub.tar.gz')
    const other = await bootWithRelease(t)
    await other.sh(`${install} --no-start`, slowly)
    copyFileSync(machine.file('/root/hub.tar.gz'), other.file('/root/hub.tar.gz'))
    await other.sh('littlehub restore /root/hub.tar.gz --yes && systemctl start littlehub.socket')
    const me = `curl -s -H "Authorization: token ${token}" http://127.0.0.1/hub/api/user`
    t.match(await other.sh(me), /"name": ?"ada"/)
  })
})
