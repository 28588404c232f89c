/** Compressed archives, by the tar of the system. */
import { asError } from './errors.ts'
import { runProgram, type RunOptions } from './run.ts'

/** Names in a folder. Those that begin with `./` lie in the folder `under` of the archive. */
export type Packed = { readonly dir: string; readonly names: readonly string[] }

/** @see tar(1): 1 is a file that changed while it was read, as files in use do. */
const changedMeanwhile = 1

/** Writes `file`, which keeps its mode when it is there. @throws {Error} a full disk, a file that cannot be read. */
export async function pack(
  file: string,
  packed: readonly Packed[],
  { under = '.' }: { readonly under?: string } = {},
): Promise<void> {
  const names = packed.flatMap(({ dir, names }) =>
    names.length === 0 ? [] : [`--directory=${dir}`, ...names],
  )
  // Names of files and what hard links lead to; where symbolic links lead is their own affair.
  const placed = `--transform=flags=rhS;s,^\\./,${under}/,`
  const how = ['--create', '--gzip', `--file=${file}`, '--warning=no-file-ignored', placed]
  await runTar([...how, ...names], { accepted: [changedMeanwhile] })
}

/**
 * Reads all of it, so that what is damaged or cut off is found out.
 * @param onName gets each name; unusual characters are escaped, folders end in a slash
 * @throws {Error} when it is no whole archive.
 */
export async function eachName(file: string, onName: (name: string) => void): Promise<void> {
  const words = ['--list', '--gzip', `--file=${file}`, '--quoting-style=escape']
  await runTar(words, { onLine: onName })
}

export type UnpackOptions = {
  readonly names: readonly string[]
  /** Owners, by their names where this machine has them, and modes as well; only root can. */
  readonly owners: boolean
}

/** @throws {Error} a full disk, a name that is not in it. */
export async function unpack(file: string, into: string, options: UnpackOptions): Promise<void> {
  const owners = options.owners
    ? ['--same-owner', '--preserve-permissions']
    : ['--no-same-owner', '--no-same-permissions']
  await runTar([
    ...['--extract', '--gzip', `--file=${file}`, `--directory=${into}`],
    ...owners,
    '--',
    ...options.names,
  ])
}

/** What tar says about a full disk depends on how much of a piece still fitted. */
const fullDisk = /No space left|Wrote only \d+ of|Disk quota/

/** Behind all else on this machine: a hub makes its backups beside a class that works. */
async function runTar(words: readonly string[], options?: RunOptions): Promise<void> {
  try {
    await runProgram(['nice', '-n', '19', 'tar', ...words], options)
  } catch (thrown) {
    const { message } = asError(thrown)
    throw fullDisk.test(message) ? new Error('the disk is full', { cause: thrown }) : thrown
  }
}
