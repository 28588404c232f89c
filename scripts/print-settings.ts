/** Prints docs/settings.md from the schema: `node scripts/print-settings.ts > docs/settings.md`. */
import { Type, type TSchema } from 'typebox'
import { reservedVariables } from '../src/config/overrides.ts'
import { isLive, optionOf, wholeSchema } from '../src/config/sections.ts'
import { pluginSchemas } from '../src/context.ts'

const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`
const escape = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text: string): string => `\`${text}\``
const textOf = (schema: TSchema, name: string): string => {
  const value = optionOf(schema, name)
  return typeof value === 'string' ? value : ''
}

const formats: Readonly<Record<string, string>> = {
  duration: 'duration',
  size: 'size',
  'memory-limit': 'size or `none`',
  'cpu-limit': 'number or `none`',
  path: 'path',
  'optional-path': 'path',
  command: 'command',
  'search-path': 'search path',
}

/** The kind of value, with its bounds. */
function kindOf(schema: TSchema): string {
  if (Type.IsUnion(schema)) return schema.anyOf.map((one) => code(literalOf(one))).join(', ')
  if (Type.IsBoolean(schema)) return '`true`, `false`'
  if (Type.IsInteger(schema)) return `number${boundsOf(schema)}`
  const entry = entryOf(schema)
  if (entry) return `${Type.IsArray(schema) ? 'list' : 'table'} of ${entryKindOf(entry)}`
  return formats[textOf(schema, 'format')] ?? 'text'
}

/** What a list or table holds. */
function entryOf(schema: TSchema): TSchema | undefined {
  if (Type.IsArray(schema)) return schema.items
  return Type.IsRecord(schema) ? Object.values(schema.patternProperties)[0] : undefined
}

function entryKindOf(entry: TSchema): string {
  if (Type.IsObject(entry)) return 'sections'
  if (Type.IsArray(entry)) return 'lists'
  return `${formats[textOf(entry, 'format')] ?? 'text'}s`
}

const literalOf = (schema: TSchema): string => String(optionOf(schema, 'const'))

function boundsOf(schema: TSchema): string {
  const [least, most] = [optionOf(schema, 'minimum'), optionOf(schema, 'maximum')]
  return typeof least === 'number' && typeof most === 'number' ? `, ${least} to ${most}` : ''
}

function defaultOf(schema: TSchema): string {
  const value = optionOf(schema, 'default')
  if (value === undefined || value === '') return ''
  return code(typeof value === 'string' ? value : JSON.stringify(value))
}

type Row = { readonly key: string; readonly schema: TSchema }
type Section = { readonly key: string; readonly description: string; readonly rows: Row[] }

const meaningOf = (row: Row): string =>
  `${textOf(row.schema, 'description')}${isLive(row) ? '' : ' _Needs a restart._'}`

/** One table per section: its own settings first, then the sections inside. */
function sectionsOf(schema: TSchema, key = ''): Section[] {
  const entry = entryOf(schema)
  if (entry) return sectionsOf(entry, Type.IsArray(schema) ? `${key}[]` : `${key}.NAME`)
  if (!Type.IsObject(schema)) return []
  const below = Object.entries(schema.properties).map(([name, inner]) => ({
    key: key === '' ? name : `${key}.${name}`,
    schema: inner,
  }))
  const rows = below.filter((row) => !Type.IsObject(row.schema))
  const inner = below.flatMap((row) => sectionsOf(row.schema, row.key))
  return [{ key, description: textOf(schema, 'description'), rows }, ...inner]
}

function print({ key, description, rows }: Section): string {
  const title = key === '' ? '## At the top' : `## \`${key}\``
  const table = [
    ['setting', 'value', 'default', 'meaning'],
    ['---', '---', '---', '---'],
    ...rows.map((row) => [
      code(row.key),
      kindOf(row.schema),
      defaultOf(row.schema),
      meaningOf(row),
    ]),
  ]
  const parts = [title, description, rows.length === 0 ? '' : table.map(line).join('\n')]
  return parts.filter((part) => part !== '').join('\n\n')
}

const variables = Object.entries(reservedVariables).map(
  ([name, meaning]) => `- ${code(name)}: ${meaning}`,
)

process.stdout.write(`# Settings

Everything that can stand in the configuration file (YAML), with what holds when it does not. Unknown keys are errors.
Printed from \`src/config/schema.ts\` and the plug-ins by \`scripts/print-settings.ts\`.

A setting is read from the file, then from the environment, then from the command line; the last one counts. In the
environment its name has a prefix, is upper case and has two underscores for a dot: \`session.idle_timeout\` is
\`LITTLEHUB_SESSION__IDLE_TIMEOUT\`.

- A duration is \`250ms\`, \`90s\`, \`10m\`, \`1h\` or \`30d\`.
- A size is \`512M\` or \`2G\` (powers of 1024), or a number of bytes.
- A path that begins with \`./\` is relative to the configuration file.
- A dotted key here is nested in the file: \`cull.timeout\` is \`timeout\` below \`cull\`.

A running hub applies changes when it reads its configuration again (\`littlehub config reload\`, SIGHUP): nobody is cut
off and no server stops. What only its next start can apply _needs a restart_.

Variables that are no settings:

${variables.join('\n')}

${sectionsOf(wholeSchema(pluginSchemas))
  .filter(({ rows, description }) => rows.length > 0 || description !== '')
  .map(print)
  .join('\n\n')}
`)
