/** Written values to values of the program: checked against the schema, defaults filled in, every fault noted. */
import { Type, type TArray, type TObject, type TRecord, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { nearest } from '../lib/nearest.ts'
import { describeExpectation } from './expectation.ts'
import { formats } from './formats.ts'
import { optionOf } from './sections.ts'

export type Path = readonly (string | number)[]

export type Fault = {
  readonly at: Path
  readonly sentence: string
  /** Nothing was written there, and there is no default. */
  readonly isMissing: boolean
}

/** Where decoding is, and what it needs there. */
export type Cursor = {
  readonly at: Path
  /** What relative paths are relative to. */
  readonly dir: string
  /** Every key there is, to find the one that was meant. */
  readonly keys: readonly string[]
  /** Where faults are added. */
  readonly faults: Fault[]
}

/** @returns the decoded value; it has holes where faults were added. */
export function decode(schema: TSchema, written: unknown, cursor: Cursor): unknown {
  if (Type.IsObject(schema)) return decodeSection(schema, written ?? {}, cursor)
  if (Type.IsUnknown(schema)) return written
  if (written === null || written === undefined) return refuse('has no value.', cursor)
  if (Type.IsRecord(schema)) return decodeTable(schema, written, cursor)
  if (Type.IsArray(schema)) return decodeList(schema, written, cursor)
  if (Type.IsString(schema)) return decodeText(schema, written, cursor)
  return decodeOther(schema, written, cursor)
}

/** Whether something is written as names and values. */
export function isTable(written: unknown): written is Readonly<Record<string, unknown>> {
  return typeof written === 'object' && written !== null && !Array.isArray(written)
}

/** Whether the value of a setting of this name is to be kept secret. */
export const isSecretKey = (key: string): boolean => /secret|token|password/.test(key)

/** @returns the hole in the value. */
function refuse(sentence: string, { at, faults }: Cursor): unknown {
  faults.push({ at, sentence, isMissing: false })
  return undefined
}

const below = (cursor: Cursor, part: string | number): Cursor => ({
  ...cursor,
  at: [...cursor.at, part],
})

function decodeSection(schema: TObject, written: unknown, cursor: Cursor): unknown {
  if (!isTable(written))
    return refuse(`expected settings, found ${foundInSection(written, cursor)}.`, cursor)
  for (const key of Object.keys(written))
    if (!Object.hasOwn(schema.properties, key)) refuseUnknown(key, schema, cursor)
  const entries = Object.entries(schema.properties).map(([key, property]) => {
    const value = Object.hasOwn(written, key) ? written[key] : undefined
    return [key, decodeProperty(property, value, below(cursor, key))] as const
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function decodeProperty(schema: TSchema, value: unknown, cursor: Cursor): unknown {
  if (value !== undefined || Type.IsObject(schema)) return decode(schema, value, cursor)
  const initial = optionOf(schema, 'default')
  if (initial !== undefined) return decode(schema, initial, cursor)
  const { at, faults } = cursor
  if (!Type.IsOptional(schema))
    faults.push({ at, sentence: 'is missing; it has no default.', isMissing: true })
  return undefined
}

function refuseUnknown(key: string, schema: TObject, cursor: Cursor): void {
  const elsewhere = cursor.keys.find((known) => known.endsWith(`.${key}`))
  const meant =
    nearest(key, Object.keys(schema.properties)) ?? elsewhere ?? nearest(key, cursor.keys)
  const hint = meant === undefined ? 'docs/settings.md lists all.' : `did you mean \`${meant}\`?`
  refuse(`unknown setting; ${hint}`, below(cursor, key))
}

function decodeTable(schema: TRecord, written: unknown, cursor: Cursor): unknown {
  if (!isTable(written))
    return refuse(`expected a table of names and values, found ${found(written, cursor)}.`, cursor)
  const values = Object.values(schema.patternProperties)[0] ?? Type.Unknown()
  const entries = Object.entries(written).map(
    ([key, value]) => [key, decode(values, value, below(cursor, key))] as const,
  )
  return Object.fromEntries(entries)
}

function decodeList(schema: TArray, written: unknown, cursor: Cursor): unknown {
  if (!Array.isArray(written))
    return refuse(`expected a list, found ${found(written, cursor)}.`, cursor)
  const fewest = optionOf(schema, 'minItems')
  if (typeof fewest === 'number' && written.length < fewest)
    return refuse(`expected at least ${fewest} ${fewest === 1 ? 'entry' : 'entries'}.`, cursor)
  return written.map((item: unknown, index) => decode(schema.items, item, below(cursor, index)))
}

function decodeText(schema: TSchema, written: unknown, cursor: Cursor): unknown {
  const format = optionOf(schema, 'format')
  const text = textOf(format, written)
  if (typeof text !== 'string')
    return refuse(`expected text, found ${found(written, cursor)}; put it in quotes.`, cursor)
  if (text.includes('\0')) return refuse('contains a NUL character.', cursor)
  if (text === '' && optionOf(schema, 'default') === '') return text
  const read = typeof format === 'string' ? formats[format] : undefined
  if (read === undefined) return decodeOther(schema, text, cursor)
  const decoded = read(text, cursor.dir)
  return 'value' in decoded ? decoded.value : refuse(decoded.problem, cursor)
}

/** Formats of what may be written as a number. */
const numeric: readonly unknown[] = ['size', 'memory-limit', 'cpu-limit']

const textOf = (format: unknown, written: unknown): unknown =>
  typeof written === 'number' && numeric.includes(format) ? String(written) : written

function decodeOther(schema: TSchema, written: unknown, cursor: Cursor): unknown {
  if (Value.Check(schema, written)) return written
  return refuse(`${describeExpectation(schema)}, found ${found(written, cursor)}.`, cursor)
}

/** A text in the place of a section may be a secret that lost its key. */
const foundInSection = (written: unknown, cursor: Cursor): string =>
  typeof written === 'string' ? 'text' : found(written, cursor)

/** What was found, for the person who wrote it; never a value that may be secret. */
function found(written: unknown, { at }: Cursor): string {
  const key = at.findLast((part) => typeof part === 'string') ?? ''
  if (isTable(written)) return 'a table'
  if (Array.isArray(written)) return 'a list'
  if (isSecretKey(key) || at.includes('environment')) return 'something else'
  if (typeof written !== 'string') return String(written)
  return `'${written.length > 60 ? `${written.slice(0, 60)}…` : written}'`
}
