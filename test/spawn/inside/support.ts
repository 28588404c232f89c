/** What the tests of the systemd spawner begin with, inside a machine. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { type Test } from 'tap'
import { Value } from 'typebox/value'
import { systemdOptions, type SystemdOptions } from '../../../src/spawn/systemd-options.ts'

/** The defaults, with changes. */
export const systemdSettings = (change: Partial<SystemdOptions> = {}): SystemdOptions => ({
  ...(Value.Default(systemdOptions, {}) as SystemdOptions),
  stop_timeout: 5000,
  reserved_memory: 256 * 2 ** 20,
  ...change,
})

type Said = { readonly code: number; readonly out: string }

/** As another account, outside of any unit: it may do more than a server of it. */
export const as = (account: string, script: string): Promise<Said> =>
  new Promise((resolve) => {
    const words = ['-u', account, '--', '/bin/sh', '-c', script]
    execFile('runuser', words, { maxBuffer: 1e9 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, out: stdout + stderr }),
    )
  })

/** Whether another account finds out nothing of a server that has left a note in its home and in its /tmp, and said something. */
export async function reachesNothing(
  t: Test,
  { socket, unit, pid, secret }: { socket: string; unit: string; pid: string; secret: string },
): Promise<void> {
  const hidden = new RegExp(`a private note|said in|${secret}`)
  await t.test('what its own account can', async (t) => {
    t.match(await as('jupyter-ana', `curl -s --unix-socket ${socket} http://localhost/`), {
      code: 0,
      out: /./,
    })
    t.match(await as('jupyter-ana', 'cat ~/note'), { out: 'a private note' })
    t.match(await as('jupyter-ana', `cat /proc/${pid}/environ`), { out: new RegExp(secret) })
  })

  for (const script of [
    `curl -s --unix-socket ${socket} http://localhost/`,
    `ls ${path.dirname(socket)}`,
    'ls /home/jupyter-ana',
    'cat /home/jupyter-ana/note',
    `cat /proc/${pid}/environ`,
    `ls -l /proc/${pid}/fd /proc/${pid}/cwd/`,
    `kill -0 ${pid}`,
    `cat /proc/${pid}/root/tmp/note`,
    `systemctl stop ${unit}`,
    `systemctl set-property --runtime ${unit} MemoryMax=infinity`,
  ])
    await t.test(`no: ${script.replaceAll(pid, 'PID')}`, async (t) => {
      const { code, out } = await as('jupyter-bob', script)
      t.not(code, 0)
      t.notMatch(out, hidden)
      if (script.startsWith('curl')) t.equal(out, '')
    })

  await t.test('the secret stands nowhere', async (t) => {
    for (const script of [
      `systemctl show --all ${unit}; systemctl cat ${unit}; systemctl status ${unit}`,
      `busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/${unit.replaceAll('-', '_2d').replaceAll('.', '_2e')} org.freedesktop.systemd1.Service Environment`,
      'ps axeww',
      'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline',
      `journalctl -u ${unit}`,
      'cat /tmp/note; ls -la /tmp /var/tmp',
      `grep -rs ${secret.slice(0, -1)}[${secret.slice(-1)}] /run /tmp /etc /var/log /dev/shm`,
    ])
      t.notMatch((await as('jupyter-bob', script)).out, hidden, script)
  })
}
