/**
 * The plug is pulled while everything is being written: what the hub acknowledged is there afterwards. The machine's disk
 * forgets nothing that was written to it, so this is about half-done changes, not about what a disk holds back.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import t, { type Test } from 'tap'
// Not `{ type … }`, which would run that program here.
import type { Acknowledged } from '../support/acknowledged-writes.ts'
import { bootWithRelease, health, install, slowly } from '../support/installation.ts'
import { inMachine, machineOnly, type Machine } from '../support/machine.ts'

const url = 'http://127.0.0.1'
const rounds = [0, 1, 2]

/** Of one kind of what was acknowledged, what is said about it. */
const valuesOf = (lines: readonly Acknowledged[], kind: Acknowledged['kind']): string[] =>
  lines.filter((line) => line.kind === kind).map((line) => String(Object.values(line)[1]))

/** Writes to the hub until the machine is gone. */
function startWriting(machine: Machine, words: readonly string[]) {
  const program = `${inMachine.checkout}/test/support/acknowledged-writes.ts`
  const all = machine.words([inMachine.node, program, url, ...words])
  const writing = spawn(all[0] ?? '', all.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  writing.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise((resolve) => writing.once('close', resolve))
  const lines = (): Acknowledged[] =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Acknowledged)
  const kinds = ['user', 'token', 'revoked', 'session', 'setting', 'backup'] as const
  return {
    /** Until there is something of everything to lose. */
    async hasBegun() {
      while (!kinds.every((kind) => valuesOf(lines(), kind).length > 0)) {
        const [failed] = valuesOf(lines(), 'failed')
        if (failed !== undefined || writing.exitCode !== null) throw new Error(failed ?? 'it ended')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    /** Everything that was acknowledged, once the machine is gone. */
    async lines() {
      await ended
      return lines()
    },
  }
}

/** Those that work, in their order. */
async function working(
  machine: Machine,
  kind: 'token' | 'session',
  secrets: readonly string[],
): Promise<string[]> {
  const program = `${inMachine.checkout}/test/support/credentials-that-work.ts`
  const words = [inMachine.node, program, url, kind]
  const { stdout } = await machine.run(words, { input: secrets.join('\n'), ...slowly })
  return stdout.split('\n').filter(Boolean)
}

/** Looks at the database without touching it. */
const integrity = `${inMachine.node} -e '
  const { DatabaseSync } = require("node:sqlite")
  const database = new DatabaseSync("/var/lib/littlehub/littlehub.db", { readOnly: true })
  const all = (sql) => database.prepare(sql).all()
  console.log(JSON.stringify([all("pragma integrity_check"), all("pragma foreign_key_check")]))'`

const student = { name: 'ana', password: 'a lecture about slow rivers' }

async function prepare(machine: Machine): Promise<string> {
  const echo = `["${inMachine.node}", "${inMachine.checkout}/test/support/echo-program.ts"]`
  await machine.sh(`${install} --admin ada`, slowly)
  await machine.sh(`littlehub config set spawner.cmd '${echo}'`)
  const addUser = ['littlehub', 'user', 'add', student.name, '--password-stdin']
  await machine.run(addUser, { input: student.password })
  return (await machine.sh('littlehub token add ada')).trim()
}

/** Her server, started and reached as its owner would. */
async function startServer(machine: Machine, admin: string): Promise<string> {
  const ask = `curl -s -H "Authorization: token ${admin}" --max-time 60`
  await machine.sh(`${ask} -X POST ${url}/hub/api/users/${student.name}/server`, slowly)
  const patiently = '--retry 60 --retry-all-errors --retry-delay 1 -f'
  return machine.sh(`${ask} ${patiently} ${url}/user/${student.name}/`, slowly)
}

async function checkWhatIsThere(t: Test, machine: Machine, all: readonly Acknowledged[]) {
  const lost = async (kind: 'token' | 'session'): Promise<string[]> => {
    const secrets = valuesOf(all, kind)
    const found = new Set(await working(machine, kind, secrets))
    return secrets.filter((secret) => !found.has(secret))
  }
  const listed = JSON.parse(await machine.sh('littlehub user list --json')) as { name: string }[]
  const names = new Set(listed.map(({ name }) => name))
  const people = ['ada', student.name, ...valuesOf(all, 'user')]
  t.same(
    people.filter((name) => !names.has(name)),
    [],
    'every account is there',
  )
  t.same(await lost('session'), [], 'every login holds')
  t.same(await lost('token'), [], 'every token works')
  const revoked = valuesOf(all, 'revoked')
  t.same(await working(machine, 'token', revoked), [], 'what was revoked stays so')
  t.equal(await machine.sh(integrity), '[[{"integrity_check":"ok"}],[]]\n')
}

/** The value of before or the one that was on its way; never half a file. */
async function checkSettings(t: Test, machine: Machine, all: readonly Acknowledged[]) {
  await machine.sh('littlehub config check')
  const value = (await machine.sh('littlehub config get backup.keep')).trim()
  const last = valuesOf(all, 'setting').at(-1)
  const wanted = valuesOf(all, 'wanted').at(-1)
  t.ok(value === last || value === wanted, `${value} is ${last} or ${wanted}`)
}

t.test('the plug is pulled while everything is written', machineOnly, async (t) => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  const momentsMs = rounds.map((round) => (seed >> (round * 10)) % 1024)
  t.comment(`SEED=${seed}: ${momentsMs.join(', ')} ms after the first of each was acknowledged`)
  const machine = await bootWithRelease(t)
  const admin = await prepare(machine)
  const all: Acknowledged[] = []

  for (const round of rounds)
    await t.test(`cut ${round + 1}: everything acknowledged is there`, async (t) => {
      t.match(await startServer(machine, admin), /^pid \d+/, 'her server can be started')
      const words = [admin, student.name, student.password, String(round)]
      const writing = startWriting(machine, words)
      await writing.hasBegun()
      await new Promise((resolve) => setTimeout(resolve, momentsMs[round]))
      await machine.cutPower()
      await machine.boot()
      const lines = await writing.lines()
      all.push(...lines)
      t.comment(`${lines.length} acknowledged, ${valuesOf(lines, 'session').length} of them logins`)

      t.equal(await machine.sh(health, slowly), '200')
      await checkWhatIsThere(t, machine, all)
      await checkSettings(t, machine, all)
      const backup = valuesOf(lines, 'backup').at(-1) ?? ''
      await machine.sh(`littlehub restore ${backup} --dry-run`)
      const home = `curl -s -H "Cookie: littlehub-session=${valuesOf(all, 'session')[0]}" ${url}/hub/home`
      t.match(await machine.sh(home), /The server ended while the hub was not running/)
      const doctor = await machine.run(['littlehub', 'doctor', '--quick'], slowly)
      t.equal(doctor.exitCode, 0, doctor.stdout)
    })
})
