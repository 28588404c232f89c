/** Several files put in the place of others: all of them, or none, whatever happens in between. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

/** `from` gets the name `to`; what had that name gets the name `aside` first. Without `from` that is all. */
export type Move = { readonly from?: string; readonly to: string; readonly aside: string }

const journalOf = (dir: string): string => path.join(dir, 'restore.journal')

/**
 * Written down in `dir` before the first one, so that `finishMoves` goes on after a power cut.
 * @throws {Error} when one is not possible; everything is as it was.
 */
export function applyMoves(dir: string, moves: readonly Move[]): void {
  const journal = journalOf(dir)
  writeFileSync(journal, JSON.stringify(moves), { mode: 0o600, flush: true })
  sync(dir)
  const done: Move[] = []
  try {
    for (const move of moves) {
      done.push(move)
      apply(move)
    }
  } catch (thrown) {
    for (const move of done.reverse()) undo(move)
    rmSync(journal)
    throw thrown
  }
  end(dir, moves)
}

/** Does what was left to do when a process or the machine died in the middle. @returns whether there was anything. */
export function finishMoves(dir: string): boolean {
  const journal = journalOf(dir)
  if (!existsSync(journal)) return false
  const moves = JSON.parse(readFileSync(journal, 'utf8')) as Move[]
  for (const move of moves) apply(move)
  end(dir, moves)
  return true
}

/** Doing it twice does it once: the new file is gone from where it was. */
function apply({ from, to, aside }: Move): void {
  if (from !== undefined && !existsSync(from)) return
  if (existsSync(to) && !existsSync(aside)) renameSync(to, aside)
  if (from !== undefined) renameSync(from, to)
}

function undo({ from, to, aside }: Move): void {
  if (from !== undefined && !existsSync(from) && existsSync(to)) renameSync(to, from)
  if (existsSync(aside)) renameSync(aside, to)
}

function end(dir: string, moves: readonly Move[]): void {
  for (const folder of new Set(moves.map(({ to }) => path.dirname(to)))) sync(folder)
  rmSync(journalOf(dir))
  sync(dir)
}

function sync(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
