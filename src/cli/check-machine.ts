/** The doctor looks at the machine: disk, memory, clock. */
import { readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { programFile } from '../lib/program.ts'
import { runProgram } from '../lib/run.ts'
import { MINUTE } from '../lib/time.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { inTable, sizeInWords } from './words.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

/** SQLite and the logs need little; what people need first shows in their notebooks. */
const fewestDiskBytes = 100 * mebibyte
const fewDiskBytes = gibibyte
const fewInodesShare = 0.02

/** One finding for each file system that these folders are on. */
export function checkDisk(folders: readonly string[]): Finding[] {
  const byDevice = new Map<number, string>()
  for (const folder of folders.map(nearestFolder)) {
    const { dev } = statSync(folder)
    if (!byDevice.has(dev)) byDevice.set(dev, folder)
  }
  return [...byDevice.values()].map(checkFileSystem)
}

function checkFileSystem(folder: string): Finding {
  const { bavail, bsize, files, ffree } = statfsSync(folder)
  const freeBytes = bavail * bsize
  const found = `${sizeInWords(freeBytes)} free for ${folder}`
  const advice =
    'Free space or move it to a larger disk: files and logins are lost when it is full.'
  if (freeBytes < fewestDiskBytes) return fail('disk', found, advice)
  // Some file systems have no fixed number of inodes and say 0.
  if (files > 0 && ffree / files < fewInodesShare)
    return warn('disk', `${found}, but nearly no inodes (df -i)`, advice)
  return freeBytes < fewDiskBytes ? warn('disk', found, advice) : ok('disk', found)
}

/** The folder, or where it would be made. */
export function nearestFolder(dir: string): string {
  const parent = dirname(dir)
  const exists = statSync(dir, { throwIfNoEntry: false })?.isDirectory() ?? false
  return exists || parent === dir ? dir : nearestFolder(parent)
}

/** JupyterLab with one small notebook: server and kernel. */
const serverBytes = 200 * mebibyte
const fewestMemoryBytes = serverBytes
const fewMemoryBytes = gibibyte

export function checkMemory(): Finding {
  const availableBytes = Math.min(availableMemory(), process.constrainedMemory() || Infinity)
  const servers = Math.floor(availableBytes / serverBytes)
  const found = `${sizeInWords(availableBytes)} available, enough for about ${servers} small notebook${servers === 1 ? '' : 's'}`
  const advice = 'Add memory or swap, stop what is not needed, or shorten cull.timeout.'
  if (availableBytes < fewestMemoryBytes) return fail('memory', found, advice)
  return availableBytes < fewMemoryBytes ? warn('memory', found, advice) : ok('memory', found)
}

/** @see proc_meminfo(5): what can be had without swapping */
function availableMemory(): number {
  const kibibytes = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  return kibibytes === undefined ? process.availableMemory() : Number(kibibytes) * 1024
}

/** Two clocks of one machine may differ by this much, such as a network drive's. */
const toleranceMs = MINUTE

/** Logins and links expire by the clock, so one that went back keeps them alive, and one that jumped ends them. */
export function checkClock(dataDir: string, now: Date): Finding {
  const written = [join(dataDir, 'littlehub.db'), join(dataDir, 'littlehub.db-wal')]
    .map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    .concat(statSync(programFile('package.json')).mtimeMs)
  const latestMs = Math.max(...written)
  if (now.getTime() >= latestMs - toleranceMs) return ok('clock', inTable(now))
  return fail(
    'clock',
    `${inTable(now)} is before the last change of this hub's own files (${inTable(new Date(latestMs))})`,
    'Set the clock, and keep it right: apt-get install systemd-timesyncd (or chrony).',
  )
}

/** Whether something keeps the clock right. Nothing is said where that cannot be known. */
export async function checkTimeService(
  ask: () => Promise<string> = () => runProgram(['timedatectl', 'show', '-p', 'NTPSynchronized']),
): Promise<Finding[]> {
  const said = await ask().catch(() => '')
  if (!said.includes('=no')) return []
  return [
    warn(
      'clock',
      'nothing keeps it right',
      'apt-get install systemd-timesyncd (or chrony); inside a container that is the affair of its host.',
    ),
  ]
}
