/** A user: a person with a name, and the rules of names. */
import { createHash } from 'node:crypto'
import { invalidInput } from '../lib/errors.ts'

export type UserName = string

export type User = {
  readonly id: number
  /** Normalised by `normaliseName`; what people, URLs and the API see. */
  readonly name: UserName
  /** Directory- and process-safe, unique, fixed at creation. */
  readonly slug: string
  readonly admin: boolean
  /** A disabled user cannot log in and has no rights; their files stay. */
  readonly disabled: boolean
  readonly createdAt: Date
  readonly lastActivityAt: Date | undefined
}

/** Longest name, in code points, after normalisation. */
export const maxNameLength = 64

/**
 * Control, format, surrogate, private and unassigned characters, every space but the plain one, and what shows nothing
 * although it counts as a letter or mark: joiners, fillers, variation selectors, the empty Braille cell.
 */
const unusable = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|[^\S ]/u

/**
 * The one normalisation of a user's name, applied once at every edge: NFKC, lower case, outer spaces trimmed.
 * Idempotent.
 * @throws {HubError} InvalidInput with a sentence when no user can have this name.
 */
export function normaliseName(raw: string): UserName {
  if (raw.length > 4 * maxNameLength) throw invalidInput(tooLong)
  const name = foldName(raw)
  const problem = nameProblem(name)
  if (problem !== undefined) throw invalidInput(problem)
  return name
}

const tooLong = `A user name has at most ${maxNameLength} characters.`

/** Lower-casing can leave a form that NFKC changes again, so both are applied until nothing moves. */
function foldName(raw: string): string {
  const folded = raw.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
  return folded === raw ? folded : foldName(folded)
}

function nameProblem(name: string): string | undefined {
  if (name === '') return 'A user name cannot be empty.'
  if (Array.from(name).length > maxNameLength) return tooLong
  if (/[/\\]/.test(name)) return 'A user name cannot contain a slash or backslash.'
  if (unusable.test(name)) return 'A user name cannot contain control or invisible characters.'
  if (name === '.' || name === '..') return 'A user name cannot be only dots.'
  return undefined
}

/** Names that are their own slug: short, plain, and never of the hashed form below. */
const plain = /^[a-z](?:[a-z0-9]|-(?!-)){0,30}$/

/**
 * A name for directories, processes and unix accounts: `[a-z0-9-]`, at most 31 characters, begins with a letter.
 * Different names get different slugs (a plain name stays itself, any other carries 60 bits of its SHA-256 behind `--`).
 */
export function slugOf(name: UserName): string {
  if (plain.test(name) && !name.endsWith('-')) return name
  const readable = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 14)
    .replace(/-+$/, '')
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 15)
  return `${readable || 'u'}--${hash}`
}
