/** An installed hub at work: it forks servers and kernels into their units, and bears a home and a journal that are full. */
import t from 'tap'
import { health, install, slowly } from '../support/installation.ts'
import { buildBinary } from '../support/binary.ts'
import { machineOnly, startMachine } from '../support/machine.ts'

/** Of a process, what a fork has from its parent and an exec makes anew: where its libraries lie in memory. */
const layoutOf = `layout() { grep -m 1 'r-xp.*libc' /proc/$1/maps | cut -d - -f 1; }`

t.test('a class works with an installed hub', machineOnly, async (t) => {
  const machine = await startMachine(t, {
    folders: { '/srv/dist': buildBinary() },
    filters: 'none',
  })
  await machine.sh(`${install} --admin ada`, slowly)
  await machine.sh(
    'littlehub token add ada --scope servers --scope access:servers --scope read:users > /tmp/token',
  )
  const call = (words: string): Promise<string> =>
    machine.sh(
      `curl -s -H "Authorization: token $(cat /tmp/token)" --max-time 120 http://127.0.0.1${words}`,
      slowly,
    )
  const start = (): Promise<string> => call('/hub/api/users/ada/server -X POST')
  const ready = (): Promise<string> =>
    call('/user/ada/api/status -f --retry 90 --retry-all-errors --retry-delay 1')
  const stop = async (): Promise<void> => {
    await call('/hub/api/users/ada/server -X DELETE')
    await machine.sh(
      'for _ in $(seq 100); do systemctl is-active --quiet jupyter-ada || break; sleep 0.2; done',
      slowly,
    )
  }
  const main = 'systemctl show -p MainPID --value jupyter-ada'

  await t.test('its servers and their kernels are forked', async (t) => {
    await machine.sh(
      'for _ in $(seq 300); do journalctl -q -u littlehub-spawner | grep -q "start warm" && break; sleep 0.3; done',
      slowly,
    )
    await start()
    t.match(await ready(), /kernels/)
    const doctor = await machine.sh('littlehub doctor --quick || true', slowly)
    t.match(doctor, /1 of 1 starts since the hub began were warm/, doctor)
    t.match(await call('/user/ada/api/kernels -X POST -f'), /"execution_state"/)
    const kernel = `pgrep -u jupyter-ada -f ipykernel_launcher`
    await machine.sh(`for _ in $(seq 100); do ${kernel} && break; sleep 0.2; done`)
    const facts = await machine.sh(`${layoutOf}
      server=$(${main}); kernel=$(${kernel} | head -n 1)
      for pid in $server $kernel; do
        layout $pid; grep -E '^(Uid|Cap.*|NoNewPrivs|Seccomp.*):' /proc/$pid/status; cat /proc/$pid/cgroup
        readlink /proc/$pid/ns/mnt
      done`)
    const lines = facts.trim().split('\n')
    t.ok(lines.length > 20, facts)
    t.same(lines.slice(0, lines.length / 2), lines.slice(lines.length / 2), 'in the same sandbox')
    await stop()
    t.equal(await machine.sh('pgrep -u jupyter-ada -c . || true'), '0\n')
  })

  await t.test(
    'who has a full home is told why nothing starts, and everybody else works',
    async (t) => {
      await machine.sh(`mount -t tmpfs -o size=64k,mode=700,uid=$(id -u jupyter-ada) full /home/jupyter-ada
      dd if=/dev/zero of=/home/jupyter-ada/big bs=4k count=100 2>/dev/null || true
      chown jupyter-ada /home/jupyter-ada/big`)
      await start()
      const told = await machine.sh(
        `for _ in $(seq 200); do
        said=$(curl -s -N --max-time 5 -H "Authorization: token $(cat /tmp/token)" http://127.0.0.1/hub/api/users/ada/server/progress)
        case $said in *failed*) break ;; esac; sleep 0.3; done; printf '%s' "$said"`,
        slowly,
      )
      t.match(told, /ended by itself with exit code 1/)
      // What `spawn/hints.ts` makes a sentence of for their failure page.
      t.match(await machine.sh('journalctl -q -u jupyter-ada -n 60'), /No space left on device/)
      t.match(await machine.sh('curl -s -f http://127.0.0.1/hub/login'), /<form/)
      t.equal(await machine.sh(health), '200')
      await machine.sh('umount /home/jupyter-ada')
      await start()
      t.match(await ready(), /kernels/)
      await stop()
    },
  )

  await t.test('a journal that is full keeps nobody from working', async (t) => {
    await machine.sh(`mkdir -p /var/log/journal; mount -t tmpfs -o size=64k full /var/log/journal
      dd if=/dev/zero of=/var/log/journal/big bs=4k count=100 2>/dev/null || true
      systemctl restart systemd-journald; systemctl restart littlehub`)
    t.equal(await machine.sh(health), '200')
    await start()
    t.match(await ready(), /kernels/)
    await stop()
  })
})
