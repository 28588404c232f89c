/** Whether a Python environment is safe for the hub to run itself: nobody else may be able to change what is in it. */
import { lstatSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'

/** The system's own, which whoever can change is root already; on it, only what holds Python is looked at. */
const systemPrefix = '/usr'
const systemFolders = ['/usr/lib/python3', '/usr/local/lib']

/** Others may not write, except in a folder where nobody can replace what belongs to somebody else. */
const writable = 0o022
const sticky = 0o1000

/**
 * A file of the environment of this Python, or a folder above it, that somebody else than root and the hub's own account
 * can change; undefined when there is none. Before that is known, nothing of it is run.
 */
export async function findForeignFile(python: string): Promise<string | undefined> {
  const prefixes = [prefixOf(python), prefixOf(realpathSync(python)), homeOf(python)]
  const lexical = [...new Set(prefixes.filter((prefix) => prefix !== undefined))]
  const folders = lexical.flatMap((prefix) => (prefix === systemPrefix ? systemFolders : [prefix]))
  const above = folders.flatMap((folder) => [...upwards(folder), ...upwards(realOf(folder))])
  return above.find(isForeign) ?? (await findBelow(folders.map(realOf)))
}

/** The file itself, or a folder above it, that somebody else than root and this account can change. */
export const findForeignAbove = (file: string): string | undefined =>
  [...upwards(file), ...upwards(realOf(file))].find(isForeign)

const prefixOf = (python: string): string => path.dirname(path.dirname(python))

/** What a virtual environment was made with. @see https://docs.python.org/3/library/venv.html */
function homeOf(python: string): string | undefined {
  try {
    const text = readFileSync(path.join(prefixOf(python), 'pyvenv.cfg'), 'utf8')
    const home = /^home *= *(.+)$/m.exec(text)?.[1]?.trim()
    return home === undefined ? undefined : path.dirname(home)
  } catch {
    return undefined
  }
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}

function upwards(folder: string): string[] {
  const parent = path.dirname(folder)
  return parent === folder ? [folder] : [folder, ...upwards(parent)]
}

function isForeign(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found === undefined) return false
  const isOpen = (found.mode & writable) !== 0 && (found.mode & sticky) === 0
  return !owners().includes(found.uid) || (isOpen && !found.isSymbolicLink())
}

const owners = (): number[] => [0, process.getuid?.() ?? 0]

/** Folders, in which anything could be put, and what Python executes or is led by: not lock files, not data. */
const whatIsRun = [
  ...['(', '-type', 'd', '-o', '-type', 'f', '('],
  ...['*.py', '*.pyc', '*.so', '*.so.*', '*.pth', '*.cfg', 'python*'].flatMap((name, index) => [
    ...(index === 0 ? [] : ['-o']),
    ...['-name', name],
  ]),
  ...[')', ')'],
]

/** Where a link leads was looked at, or it is not in the environment; the link itself only its folder's owner can change. */
async function findBelow(folders: readonly string[]): Promise<string | undefined> {
  const strangers = owners().flatMap((uid) => ['!', '-uid', String(uid)])
  const changeable = ['(', '(', ...strangers, ')', '-o', '-perm', '/022', ')']
  const words = [...folders, ...whatIsRun, ...changeable, '-print', '-quit']
  const { stdout } = await execa('find', words, { reject: false, stdin: 'ignore' })
  return stdout === '' ? undefined : (stdout.split('\n')[0] ?? undefined)
}
