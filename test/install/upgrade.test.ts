/** Another version on a machine of its own: under load, one that does not start, and a backup on another machine. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import t from 'tap'
import { archive, bootWithRelease, health, install, slowly } from '../support/installation.ts'
import { inMachine, machineOnly } from '../support/machine.ts'

/** Makes another release archive from this one. */
const release = (name: string, change: string): string =>
  `rm -rf /root/unpacked && mkdir /root/unpacked && cd /root/unpacked && tar -xzf ${archive}
  cd littlehub-*; ${change}; cd ..; tar -czf /root/${name}.tar.gz littlehub-*; rm -rf /root/unpacked`

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

const current = 'readlink /opt/littlehub/current'

t.test('an installation, upgraded, taken back and moved', machineOnly, async (t) => {
  const machine = await bootWithRelease(t)
  await machine.sh(`${install} --admin ada`, slowly)
  const first = await machine.sh(current)

  await t.test('no request fails while the hub is upgraded', async (t) => {
    await machine.sh(release('second', 'printf x >> littlehub'), slowly)
    const program = `${inMachine.checkout}/test/support/steady-requests.ts`
    const words = [inMachine.node, program, 'http://127.0.0.1/hub/login', '/root/enough']
    const [command = '', ...rest] = machine.words(words)
    const load = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    load.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = new Promise((resolve) => load.once('close', resolve))
    const upgraded = await machine.sh('littlehub upgrade --archive /root/second.tar.gz', slowly)
    t.match(upgraded, /running on port 80/)
    await machine.sh('touch /root/enough')
    await ended
    const { sent, failed, longestMs } = JSON.parse(said)
    t.comment(`requests sent: ${sent}, failed: ${failed}, longest wait: ${longestMs} ms`)
    t.ok(sent > 10)
    t.equal(failed, 0)
    t.not(await machine.sh(current), first)
    t.match(await machine.sh('ls /opt/littlehub/backups'), /^before-.*\.tar\.gz$/m)
    t.match(await machine.sh('littlehub user list --json'), /"ada"/)
  })

  await t.test(
    'a version that does not start is taken back, and what it did to the data',
    async (t) => {
      const second = await machine.sh(current)
      await machine.sh(release('broken', broken), slowly)
      const words = ['littlehub', 'upgrade', '--archive', '/root/broken.tar.gz']
      const { exitCode, stderr } = await machine.run(words, slowly)
      t.equal(exitCode, 1)
      t.match(stderr, /The new version does not answer; .* runs again/)
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
