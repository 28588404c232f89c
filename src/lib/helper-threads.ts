/** The threads that libuv and V8 keep beside the event loop: hashing and files; collecting garbage, compiling. */
import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { runProgram } from './run.ts'

/** Where Linux tells a process of its threads. */
const tasks = '/proc/self/task'

const nicest = 19

/**
 * By how much libuv's are nicer. Where both want the same core they get a ninth of what the event loop does, which is
 * what they get beside everybody's servers, too; where these are in control groups of their own, there is nobody else to
 * be behind, and they get what is left.
 */
const nicer = { beside: 10, apart: nicest } as const

/** The same of all others, V8's above all, a third: what they compile and free makes the event loop faster. */
const nicerOfOthers = 5

const poolName = 'libuv-worker'

type Thread = { readonly id: number; readonly name: string }

/**
 * Puts them behind the event loop. Where all cores are busy, a request would otherwise wait until one of them has had
 * its few milliseconds. Programs that are started from here are not affected: they are children of the event loop.
 * @param servers whether they share the control group of this process
 * @returns how many were put behind; 0 where there is no Linux, or it does not tell.
 */
export async function favourEventLoop(servers: 'beside' | 'apart'): Promise<number> {
  // Reading a folder is work for libuv's threads, so they are there when it is done.
  const ids = (await readdir(tasks).catch(() => [])).map(Number)
  const helpers = ids.filter((id) => id !== process.pid)
  const threads = await Promise.all(helpers.map(async (id) => ({ id, name: await nameOf(id) })))
  const ofPool = threads.filter(({ name }) => name === poolName)
  const others = threads.filter(({ name }) => name !== poolName)
  const behind = [...putBehind(others, nicerOfOthers), ...putBehind(ofPool, nicer[servers])]
  if (servers === 'apart') await makeIdle(ofPool)
  return behind.length
}

const nameOf = async (id: number): Promise<string> =>
  (await readFile(`${tasks}/${id}/comm`, 'utf8').catch(() => '')).trim()

/** @returns those for which it was allowed */
function putBehind(threads: readonly Thread[], by: number): Thread[] {
  const nice = Math.min(nicest, getPriority() + by)
  return threads.filter(({ id }) => canBe(nice, id))
}

/**
 * `SCHED_IDLE` (sched(7)), for which Node has no call: whoever is nice keeps a core until a slice of 3 ms is over, also
 * when the event loop wakes up. Without util-linux they stay nice.
 */
async function makeIdle(threads: readonly Thread[]): Promise<void> {
  const each = 'for id; do chrt --idle --pid 0 "$id"; done'
  await runProgram(['sh', '-c', each, 'sh', ...threads.map(({ id }) => String(id))]).catch(
    () => undefined,
  )
}

/** A number of a thread is as good as one of a process (`setpriority(2)`, "C library/kernel differences"). */
function canBe(nice: number, id: number): boolean {
  try {
    setPriority(id, nice)
    return true
  } catch {
    // It has ended meanwhile, or somebody has forbidden it.
    return false
  }
}
