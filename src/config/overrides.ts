/** Settings from the environment and from flags: text, read by the setting's type. */
import { resolve } from 'node:path'
import { Type, type TSchema } from 'typebox'
import { formats } from './formats.ts'
import { type Path } from './decode.ts'
import { optionOf } from './sections.ts'

/** One setting written outside the file. */
export type Override = {
  readonly at: Path
  readonly value: unknown
  /** `LITTLEHUB_PORT` or `command line`. */
  readonly source: string
}

/** Values by name, as an environment or a command line gives them. */
export type Texts = Readonly<Record<string, string | undefined>>

const prefix = 'LITTLEHUB_'

/** Variables that are no settings. */
export const reservedVariables: Readonly<Record<string, string>> = {
  LITTLEHUB_CONFIG: 'The configuration file, when no `--config` is given.',
  LITTLEHUB_DATA: 'The data folder, when no `--data` is given.',
  LITTLEHUB_USER_ENV: 'The Python environment of the servers, made by the installer.',
  JUPYTERHUB_CRYPT_KEY:
    'Keys of `auth.enable_auth_state`, with `;` between them, before those in the file `auth-state-keys` of the data folder (one a line; made when there is none). The first encrypts, all decrypt; at start everything is encrypted with the first.',
}

/** `LITTLEHUB_SESSION__IDLE_TIMEOUT` is `session.idle_timeout`. The names of a table's entries keep their case. */
export function readEnvironment(environment: Texts, schema: TSchema): Override[] {
  return Object.entries(environment).flatMap(([name, text]) => {
    if (text === undefined || !name.startsWith(prefix) || Object.hasOwn(reservedVariables, name))
      return []
    const at = pathOf(name.slice(prefix.length).split('__'), schema)
    return [{ at, value: readText(schemaAt(schema, at), text), source: name }]
  })
}

/** Keys are dotted, as in `session.idle_timeout`. */
export function readFlags(flags: Texts, schema: TSchema): Override[] {
  return Object.entries(flags).flatMap(([key, text]) => {
    if (text === undefined) return []
    const at = key.split('.')
    return [{ at, value: readText(schemaAt(schema, at), text), source: 'command line' }]
  })
}

function pathOf(parts: readonly string[], schema: TSchema): Path {
  const [first, ...rest] = parts
  if (first === undefined) return []
  if (Type.IsRecord(schema)) return [parts.join('__')]
  const key = first.toLowerCase()
  const below = schemaAt(schema, [key])
  return below === undefined
    ? parts.map((part) => part.toLowerCase())
    : [key, ...pathOf(rest, below)]
}

/** The schema of what is at this path; undefined when there is no such setting. */
export function schemaAt(schema: TSchema | undefined, at: Path): TSchema | undefined {
  const [first, ...rest] = at
  if (first === undefined || schema === undefined) return schema
  if (Type.IsRecord(schema)) return schemaAt(Object.values(schema.patternProperties)[0], rest)
  if (!Type.IsObject(schema)) return undefined
  return Object.hasOwn(schema.properties, first)
    ? schemaAt(schema.properties[first], rest)
    : undefined
}

const words: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

/** What cannot be read stays text, so that the check says what was expected. */
export function readText(schema: TSchema | undefined, text: string): unknown {
  if (Type.IsBoolean(schema)) return words.get(text.toLowerCase()) ?? text
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return readNumber(text)
  if (Type.IsArray(schema)) return readList(schema.items, text)
  if (Type.IsRecord(schema)) return readJson(text) ?? text
  return schema === undefined ? text : fromHere(schema, text)
}

const readNumber = (text: string): unknown =>
  /^-?\d{1,15}(?:\.\d+)?$/.test(text.trim()) ? Number(text) : text

/** `a, b` or, for entries with commas, JSON: `["a,b"]`. */
function readList(items: TSchema, text: string): unknown {
  const entries = text.trim().startsWith('[')
    ? readJson(text)
    : text.split(',').map((entry) => entry.trim())
  if (!Array.isArray(entries)) return text
  return entries
    .filter((entry) => entry !== '')
    .map((entry: unknown) => (typeof entry === 'string' ? fromHere(items, entry) : entry))
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A person at a shell means paths relative to where they are, not to the configuration file. */
function fromHere(schema: TSchema, text: string): string {
  const format = optionOf(schema, 'format')
  if (format !== 'path' && format !== 'command' && format !== 'search-path') return text
  const decoded = text === '' ? undefined : formats[format]?.(text, resolve('.'))
  return decoded !== undefined && 'value' in decoded ? String(decoded.value) : text
}
