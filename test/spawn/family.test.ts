/** Which processes belong to a server. */
import { spawn } from 'node:child_process'
import t from 'tap'
import { findFamily, runVariable, takeCensus, type Process } from '../../src/spawn/family.ts'
import { eventually } from './support.ts'

const run = { pid: 100, startTime: 'boot 50', uid: 1007, run: 'r1' }

/** A machine of which everything is known: pid, parent, session, uid, start, run. */
type Row = readonly [number, number, number, number, number, string?]

const censusOf = (rows: readonly Row[], boot = 'boot') => {
  const processes: Process[] = rows.map(([pid, parent, session, uid, ticks]) => ({
    pid,
    parent,
    session,
    group: session,
    uid,
    isZombie: false,
    startTime: `${boot} ${ticks}`,
  }))
  const runs = new Map(rows.map(([pid, , , , , value]) => [pid, value]))
  return { processes, runOf: ({ pid }: Process) => Promise.resolve(runs.get(pid)) }
}

const pidsOf = async (rows: readonly Row[], known: readonly Process[] = []): Promise<number[]> =>
  (await findFamily(run, censusOf(rows), known)).map(({ pid }) => pid)

const leader: Row = [100, 1, 100, 1007, 50, 'r1']

t.test(
  'the session, those started in the run, and all their descendants belong together',
  async (t) => {
    const rows: Row[] = [
      [1, 0, 1, 0, 1],
      leader,
      [101, 100, 100, 1007, 60],
      [102, 100, 102, 1007, 60, 'r1'],
      [103, 1, 103, 1007, 60, 'r1'],
      [104, 103, 104, 0, 60],
      [105, 104, 105, 1007, 60],
      [200, 1, 200, 1007, 60, 'r2'],
      [201, 200, 200, 1007, 60],
      [202, 1, 202, 1007, 60],
    ]
    t.same(await pidsOf(rows), [100, 101, 102, 103, 104, 105])
  },
)

t.test('nobody becomes part of it by setting a variable', async (t) => {
  t.same(await pidsOf([leader, [300, 1, 300, 1008, 60, 'r1'], [301, 1, 301, 0, 60, 'r1']]), [100])
})

t.test('what is left in its session after its end belongs to it', async (t) => {
  t.same(await pidsOf([[101, 1, 100, 1007, 60]]), [101])
})

t.test('a process that got its pid does not, nor does what that one started', async (t) => {
  const stranger: Row = [100, 1, 100, 1007, 900, 'r2']
  t.same(await pidsOf([stranger, [101, 100, 100, 1007, 910, 'r2']]), [])
  t.same(await pidsOf([stranger, [102, 1, 102, 1007, 60, 'r1']]), [102])
})

t.test('after a boot nothing of it is left', async (t) => {
  t.same(await findFamily(run, censusOf([leader], 'another')), [])
  t.same(await findFamily(run, censusOf([])), [])
})

t.test('what was known before stays known, unless its pid has been reused', async (t) => {
  const known = censusOf([[110, 100, 110, 1007, 70]]).processes
  t.same(
    await pidsOf(
      [
        [110, 1, 110, 1007, 70],
        [111, 110, 110, 1007, 80],
      ],
      known,
    ),
    [110, 111],
  )
  t.same(await pidsOf([[110, 1, 110, 1007, 71]], known), [])
})

t.test('the hub itself is never part of it', async (t) => {
  t.same(await pidsOf([leader, [process.pid, 100, 100, 1007, 60, 'r1']]), [100])
})

t.test('a census sees real processes, their runs, and no zombies', async (t) => {
  const child = spawn('/bin/sh', ['-c', 'sleep 0 & exec sleep 60'], {
    env: { PATH: '/usr/bin:/bin', [runVariable]: 'of this test' },
    stdio: 'ignore',
  })
  t.teardown(() => child.kill('SIGKILL'))
  const find = async () => {
    const census = await takeCensus()
    const found = census.processes.find(({ pid }) => pid === child.pid)
    return found && { found, run: await census.runOf(found), census }
  }
  t.ok(await eventually(async () => (await find())?.run === 'of this test'))
  const { found, census } = (await find())!
  t.match(found, { parent: process.pid, uid: process.getuid?.(), isZombie: false })
  const itself = census.processes.find(({ pid }) => pid === process.pid)!
  t.equal(await census.runOf(itself), undefined)
  const childless = async (): Promise<boolean> =>
    !(await takeCensus()).processes.some(({ parent }) => parent === child.pid)
  t.ok(await eventually(childless), 'a zombie is not seen')
})
