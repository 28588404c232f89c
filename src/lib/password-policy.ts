/** Which new passwords are good enough: long, short enough for bcrypt, and not what attackers try first. */
import { readFileSync } from 'node:fs'
import { programFile } from './program.ts'

/** bcrypt reads no further. */
const maxPasswordBytes = 72

export type PasswordPolicy = {
  /** Fewest characters (code points). */
  readonly minLength: number
  /** Whose password it will be; their name is easy to guess. */
  readonly name: string
}

/** @returns a sentence for the person when this cannot be their new password, otherwise undefined. */
export function passwordProblem(password: string, policy: PasswordPolicy): string | undefined {
  if (Array.from(password).length < policy.minLength)
    return `A password has at least ${policy.minLength} characters.`
  return hashProblem(password) ?? (isEasy(password, policy.name) ? easy : undefined)
}

/** @returns a sentence when bcrypt would not take this password whole. */
export function hashProblem(password: string): string | undefined {
  if (Buffer.byteLength(password) > maxPasswordBytes)
    return `A password has at most ${maxPasswordBytes} bytes; letters with accents count for two or more.`
  if (password.includes('\0')) return 'A password cannot contain the NUL character.'
  return undefined
}

const easy =
  'This password is too easy to guess: it is a common one, a pattern of keys, or your name. Try four words that have nothing to do with each other.'

/** Fewer different characters than this are a pattern. */
const fewestDifferent = 5

/** A shorter piece, however often repeated, is easy. */
const shortestUnit = 7

/** This many known words are tried together by every attacker; more make a passphrase. */
const mostKnownWords = 2

/** Characters beside the known ones that do not make it hard: `password!x1`. */
const mostOthers = 3

/** Neighbours of this number count as known. */
const shortestRun = 3

/** The order of letters, digits and keys of common keyboards, straight, in zigzag and in columns. */
const straightRuns = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'qwertzuiopü',
  'yxcvbnm,.-',
  'azertyuiop^$',
  'qsdfghjklm',
  'wxcvbn,;:!',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю',
  '!@#$%^&*()_+',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'qawsedrftgyhujikolp',
  'aqswdefrgthyjukilo',
  '1a2b3c4d5e6f7g8h9i0j',
  'a1b2c3d4e5f6g7h8i9j0',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.',
  'qazwsxedcrfvtgbyhnujmikolp',
  'zaq12wsxcde34rfvbgt56yhnmju78',
  '1q2w3e4r',
  '147258369',
  '789456123',
  '159357',
  '1357924680',
  '0246813579',
  '1029384756',
  '0192837465',
  '010203040506070809',
  '10203040506070809',
  '11223344556677889900',
  '101112131415161718192021',
  'a1s2d3f4g5h6j7k8l9',
  '1a2s3d4f5g6h7j8k9l',
  'z1x2c3v4b5n6m7',
  '1z2x3c4v5b6n7m',
  'qpwoeirutyalskdjfhg',
  'q1q2q3q4q5q6',
  'a1a2a3a4a5a6',
]

/** How texts are compared: whatever the case, the width and the accents. */
const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

const runs = straightRuns.map(fold).flatMap((run) => [run, Array.from(run).reverse().join('')])

/** Look-alikes that people put for letters, one for one. */
const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
  '8': 'b',
}

function isEasy(password: string, name: string): boolean {
  const text = fold(password)
  if (new Set(text).size < fewestDifferent) return true
  const unit = repeatedUnit(text)
  return unit.length < shortestUnit || isKnown(unit, fold(name))
}

/** `abcabcab` → `abc`; a text that repeats nothing is its own unit. */
function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length++)
    if (text.slice(length) === text.slice(0, -length)) return text.slice(0, length)
  return text
}

/** A word or two that attackers know, with patterns of keys, years and a few other characters around. */
function isKnown(text: string, name: string): boolean {
  const { rest, used } = withoutWords(text, [...partsOf(name), ...commonWords()])
  if (used > mostKnownWords) return false
  const others = withoutRuns(rest)
    .replace(/(?:19|20)\d\d/g, '')
    .replace(/(.)\1{2,}/gu, '')
    .replace(/[\s._-]/g, '')
  return others.length <= mostOthers
}

const partsOf = (name: string): string[] =>
  [name, ...name.split(/[^\p{L}\p{N}]+/u)].filter((part) => part.length >= shortestRun)

/** Blanks out every known word wherever it stands, longest first, also where it is spelt with look-alikes. */
function withoutWords(text: string, words: readonly string[]): { rest: string; used: number } {
  let spellings = [text, unmask(text, 'i'), unmask(text, 'l')]
  let used = 0
  for (const word of words.toSorted((one, other) => other.length - one.length)) {
    const before = spellings
    for (let at = indexIn(spellings, word); at >= 0; at = indexIn(spellings, word))
      spellings = spellings.map((spelling) => blank(spelling, at, word.length))
    if (spellings !== before) used += 1
  }
  return { rest: spellings[0] ?? '', used }
}

/** Where `word` begins in one of the spellings; -1 when it is in none. */
const indexIn = (spellings: readonly string[], word: string): number =>
  Math.max(...spellings.map((spelling) => spelling.indexOf(word)))

const unmask = (text: string, one: 'i' | 'l'): string =>
  text.replace(/[^\p{L}]/gu, (char) => (char === '1' ? one : (lookAlikes[char] ?? char)))

const blank = (text: string, at: number, length: number): string =>
  text.slice(0, at) + ' '.repeat(length) + text.slice(at + length)

/** Blanks out every piece of at least three neighbours. */
function withoutRuns(text: string): string {
  let rest = text
  for (let at = 0; at < rest.length; at++) {
    const length = runLength(rest.slice(at))
    if (length >= shortestRun) rest = blank(rest, at, length)
  }
  return rest
}

/** @returns how many of the first characters follow one of the runs; 0 when fewer than three do. */
function runLength(text: string): number {
  let length = 0
  const isRun = (piece: string): boolean => runs.some((run) => run.includes(piece))
  for (let next = shortestRun; next <= text.length && isRun(text.slice(0, next)); next++)
    length = next
  return length
}

let commonWordsOnce: readonly string[] | undefined

/** The list beside this file, one a line, read when the first new password comes. */
function commonWords(): readonly string[] {
  commonWordsOnce ??= readFileSync(programFile('src/lib/common-passwords.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(fold)
  return commonWordsOnce
}
