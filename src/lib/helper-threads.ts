/** The threads that libuv and V8 keep beside the event loop: hashing and files, collecting garbage, compiling. */
import { readdir } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'

/** Where Linux tells a process of its threads. */
const tasks = '/proc/self/task'

const nicest = 19

/**
 * By how much they are nicer. Where both want the same core they get a ninth of what the event loop does, which is what
 * they get beside everybody's servers, too; where these are in control groups of their own, a seventieth, since then there
 * is nobody else to be behind.
 */
const nicer = { beside: 10, apart: nicest } as const

/**
 * Puts them behind the event loop. Where all cores are busy, a request would otherwise wait until one of them has had
 * its few milliseconds. Programs that are started from here are not affected, as their nice value is the event loop's.
 * @param servers whether they share the control group of this process
 * @returns how many were put behind; 0 where there is no Linux, or it does not tell.
 */
export async function favourEventLoop(servers: 'beside' | 'apart'): Promise<number> {
  // Reading a folder is work for libuv's threads, so they are there when it is done.
  const names = await readdir(tasks).catch(() => [])
  const helpers = names.map(Number).filter((id) => id !== process.pid)
  const nice = Math.min(nicest, getPriority() + nicer[servers])
  return helpers.filter((id) => canBe(nice, id)).length
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
