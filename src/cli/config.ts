/** `littlehub config …` */
import { Type, type TSchema } from 'typebox'
import { findRunningHub } from '../config/data-dir.ts'
import { readDocument } from '../config/document.ts'
import { editText, type Edit } from '../config/edit.ts'
import { explainSettings, valueIn, type Explained } from '../config/explain.ts'
import { optionOf } from '../config/sections.ts'
import { pluginSchemas } from '../context.ts'
import { HubError } from '../lib/errors.ts'
import {
  hubOptions,
  jsonOption,
  operandOf,
  UsageError,
  type Call,
  type Command,
} from './command.ts'
import { changeFile, checkText, requireFile, shown, tellHub, textOf } from './config-change.ts'
import { edit } from './config-edit.ts'
import { keyOf, valueOf, type Key } from './config-key.ts'
import { settingsOf, sourcesOf } from './settings.ts'
import { table } from './table.ts'

const explained = (call: Call): Explained[] => explainSettings(sourcesOf(call), pluginSchemas)

const show: Command = {
  name: 'config show',
  summary: 'List every setting, its value, and where that comes from; secrets are masked.',
  operands: [],
  options: { ...jsonOption, ...hubOptions },
  run(call) {
    const settings = explained(call)
    if (call.isSet('json')) call.terminal.print(JSON.stringify(settings, undefined, 2))
    else
      for (const line of table([
        ['SETTING', 'VALUE', 'FROM', 'A CHANGE'],
        ...settings.map(({ key, value, from, live }) => [
          key,
          shown(value),
          from,
          live ? 'applies at once' : 'needs a restart',
        ]),
      ]))
        call.terminal.print(line)
    return Promise.resolve(0)
  },
}

const get: Command = {
  name: 'config get',
  summary: 'Print the value of one setting, a secret one masked.',
  operands: ['KEY'],
  options: { ...jsonOption, ...hubOptions },
  run(call) {
    const name = operandOf(call)
    const { at } = keyOf(name)
    const setting = explained(call).find(({ key }) => key === name || name.startsWith(`${key}.`))
    const below = setting === undefined ? [] : at.slice(setting.key.split('.').length)
    const value = below.length === 0 ? setting?.value : valueIn(setting?.value, below)
    call.terminal.print(call.isSet('json') ? JSON.stringify(value ?? null) : shown(value))
    return Promise.resolve(0)
  },
}

/** How the command is described, and which edit of the file it makes of what was typed. */
type Verb = {
  readonly name: string
  readonly summary: string
  readonly takesValue: boolean
  readonly edit: (key: Key, call: Call, text: string) => Edit | Promise<Edit>
}

const verbs: readonly Verb[] = [
  {
    name: 'set',
    summary: 'Change one setting: a list with commas between its entries, a table as JSON.',
    takesValue: true,
    edit: async (key, call) => ({ action: 'set', at: key.at, value: await typedValue(key, call) }),
  },
  {
    name: 'unset',
    summary: 'Take one setting out of the file, so that its default holds.',
    takesValue: false,
    edit: ({ at }) => ({ action: 'unset', at }),
  },
  {
    name: 'add-item',
    summary: 'Add an entry to a list, unless it is there.',
    takesValue: true,
    edit: (key, call, text) => editList(key, { call, text, action: 'add' }),
  },
  {
    name: 'remove-item',
    summary: 'Take an entry out of a list.',
    takesValue: true,
    edit: (key, call, text) => editList(key, { call, text, action: 'remove' }),
  },
]

const typedValue = (key: Key, call: Call): Promise<unknown> =>
  valueOf(key, call.operands[1] ?? '', call)

type ListChange = {
  readonly call: Call
  readonly text: string
  readonly action: 'add' | 'remove'
}

/** A list that is not in the file yet begins with what holds without it. @throws {UsageError} */
async function editList(key: Key, { call, text, action }: ListChange): Promise<Edit> {
  const { at, name } = key
  const items = itemsOf(key)
  const value = await typedValue({ ...key, schema: items }, call)
  const { written } = readDocument(requireFile(call), false, text)
  const present = valueIn(written, at) ?? optionOf(key.schema, 'default') ?? []
  const entries: unknown[] = Array.isArray(present) ? present : []
  if (action === 'remove' && !entries.includes(value))
    throw new UsageError(`${String(value)} is not in ${name}.`)
  if (valueIn(written, at) !== undefined) return { action, at, value }
  const without = entries.filter((entry) => entry !== value)
  return { action: 'set', at, value: action === 'add' ? [...without, value] : without }
}

function itemsOf({ name, schema }: Key): TSchema {
  if (!Type.IsArray(schema)) throw new UsageError(`${name} is no list.`)
  if (Type.IsObject(schema.items))
    throw new UsageError(`Entries of ${name} are sections; use littlehub config edit.`)
  return schema.items
}

const changing = ({ name, summary, takesValue, edit: editOf }: Verb): Command => ({
  name: `config ${name}`,
  summary,
  details: [
    'The file is checked as a whole before anything is changed, and keeps its comments; the version before stays',
    'beside it as .bak. A running hub applies the change at once, or refuses it: then the file is as it was.',
    ...(takesValue ? ['A value of - is taken from standard input, as secrets have to be.'] : []),
  ],
  operands: takesValue ? ['KEY', 'VALUE'] : ['KEY'],
  options: hubOptions,
  async run(call) {
    const key = keyOf(operandOf(call))
    const file = requireFile(call)
    const text = textOf(file)
    await changeFile(call, editText(text, await editOf(key, call, text), file))
    return 0
  },
})

const check: Command = {
  name: 'config check',
  summary: 'Look for mistakes in the configuration; the exit code is 2 when there are any.',
  operands: [],
  options: hubOptions,
  run(call) {
    const file = sourcesOf(call).file
    const { warnings } = file === undefined ? settingsOf(call) : checkText(call, textOf(file))
    for (const warning of warnings) call.terminal.say(`Warning: ${warning}`)
    call.terminal.print(`${file ?? 'The configuration'} is fine.`)
    return Promise.resolve(0)
  },
}

const reload: Command = {
  name: 'config reload',
  summary: 'Have the running hub read its configuration again; nobody is cut off.',
  operands: [],
  options: hubOptions,
  async run(call) {
    const settings = settingsOf(call)
    const hub = findRunningHub(settings.data_dir)
    if (hub === undefined)
      throw new HubError(
        'Conflict',
        `No hub runs on ${settings.data_dir}. Its start reads the file.`,
      )
    await tellHub(call, hub.pid, settings)
    return 0
  },
}

export const configCommands: readonly Command[] = [
  show,
  get,
  ...verbs.map(changing),
  edit,
  check,
  reload,
]
