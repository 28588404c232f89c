/** The machine that other tests boot is a real one: its limits act, and nothing of it stays behind. */
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { eventually } from '../spawn/support.ts'
import { inMachine, machineOnly, startMachine } from '../support/machine.ts'

const runs = path.resolve(import.meta.dirname, '../../.littlehub/machine/run')

const eater = `
held = []
while True:
    held.append(bytearray(10 * 2**20))
    print(len(held) * 10, flush=True)
`

t.test(
  'a machine boots with systemd, limits that act, and the checkout',
  machineOnly,
  async (t) => {
    const machine = await startMachine(t)

    await t.test('more memory than a unit may have ends it', async (t) => {
      const ate = await machine.run(['/usr/bin/python3', '-c', eater], {
        properties: ['MemoryMax=100M'],
      })
      t.not(ate.exitCode, 0)
      const mebibytes = Number(ate.stdout.trim().split('\n').at(-1))
      t.ok(mebibytes >= 50 && mebibytes <= 100, `it got ${mebibytes} MiB`)
    })

    await t.test('more processes than a unit may have do not start', async (t) => {
      const script = 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done'
      const forked = await machine.run(['/bin/bash', '-c', script], { properties: ['TasksMax=5'] })
      t.match(forked.stderr, /Resource temporarily unavailable/)
    })

    await t.test('Node and the sources are there, to be read only', async (t) => {
      t.match(await machine.sh(`${inMachine.node} --version`), /^v24\./)
      await t.rejects(machine.sh(`touch ${inMachine.checkout}/here`), /Read-only/)
      t.match(await machine.sh(`${inMachine.environment}/bin/python --version`), /^Python 3\./)
    })

    await t.test('programs run as whom it is said, with their input and exit code', async (t) => {
      await machine.sh('useradd --create-home ana')
      const said = await machine.run(['/bin/sh', '-c', 'id -un; echo $HOME $WHAT; cat; exit 7'], {
        user: 'ana',
        input: 'input',
        env: { WHAT: 'else' },
      })
      t.same(said, { exitCode: 7, stdout: 'ana\n/home/ana else\ninput', stderr: '' })
    })

    await t.test('nothing outside can be reached, and its ports are its own', async (t) => {
      t.match(await machine.sh('ip -brief address'), /^lo +UNKNOWN +127\.0\.0\.1\/8/)
      t.notMatch(await machine.sh('ip -brief address'), /eth|en/)
    })

    await t.test('what it wrote is there after a power cut', async (t) => {
      await machine.sh('echo kept >/root/note')
      await machine.cutPower()
      await machine.boot()
      t.equal(readFileSync(machine.file('/root/note'), 'utf8'), 'kept\n')
      await machine.powerOff()
    })
  },
)

/** A test that boots one and is killed. */
const killed = `
import t from 'tap'
import { startMachine } from ${JSON.stringify(path.join(import.meta.dirname, '../support/machine.ts'))}
await startMachine(t)
console.log('booted')
await new Promise(() => setInterval(() => undefined, 1000))
`

t.test('of a test that is killed nothing is left', machineOnly, async (t) => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', killed], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  t.ok(await eventually(() => printed.includes('booted'), 60_000), 'it booted')
  const isOurs = (name: string): boolean => name.startsWith(`littlehub-${child.pid}-`)
  // Groups go while they are looked for, which is no failure.
  const search = `find /sys/fs/cgroup -type d -name 'littlehub-${child.pid}-*' 2>/dev/null || true`
  const groups = (): string[] =>
    execFileSync('sh', ['-c', search], { encoding: 'utf8' }).split('\n').filter(Boolean)
  t.ok(readdirSync(runs).some(isOurs))
  t.ok(groups().length > 0)
  child.kill('SIGKILL')
  t.ok(await eventually(() => groups().length === 0), 'its processes and groups are gone')
  await startMachine(t)
  t.notOk(readdirSync(runs).some(isOurs), 'so is what it wrote, when the next one boots')
})
