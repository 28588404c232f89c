/** Which setting was meant, and the value that was typed for it. */
import { type TSchema } from 'typebox'
import { type Path } from '../config/decode.ts'
import { isFile, isSecretName } from '../config/explain.ts'
import { readText, schemaAt } from '../config/overrides.ts'
import { renamedTo } from '../config/renamed.ts'
import { listSettings, wholeSchema } from '../config/sections.ts'
import { nearest } from '../lib/nearest.ts'
import { pluginSchemas } from '../context.ts'
import { UsageError, type Call } from './command.ts'

export type Key = {
  /** As typed: `cull.timeout`. */
  readonly name: string
  readonly at: readonly string[]
  readonly schema: TSchema
  readonly isSecret: boolean
}

const schema = wholeSchema(pluginSchemas)

/** @throws {UsageError} with what was probably meant. */
export function keyOf(name: string): Key {
  const at = name.split('.')
  const found = schemaAt(schema, at satisfies Path)
  if (found === undefined || name === '') throw unknownKey(name)
  return { name, at, schema: found, isSecret: !isFile(found) && isSecretName(at.at(-1) ?? '') }
}

function unknownKey(name: string): UsageError {
  const ours = renamedTo(name)
  if (ours !== undefined) return new UsageError(`${name} ${ours}`)
  const keys = listSettings(schema).map(({ key }) => key)
  const meant = keys.find((key) => key.endsWith(`.${name}`)) ?? nearest(name, keys)
  const hint = meant === undefined ? ' littlehub config show lists all.' : ` Did you mean ${meant}?`
  return new UsageError(`There is no setting ${name}.${hint}`)
}

/**
 * The value as it is written in the file; `-` takes it from standard input.
 * @throws {UsageError} for a secret among the words of a command: every user of the machine sees those.
 */
export async function valueOf(key: Key, typed: string, { terminal }: Call): Promise<unknown> {
  if (typed === '-') {
    const input = (await terminal.readInput()).replace(/\r?\n$/, '')
    return readText(key.schema, input)
  }
  if (key.isSecret && typed !== '')
    throw new UsageError(
      `${key.name} is secret, and everybody on this machine can see the words of a command. Write - for the value and give it on standard input.`,
    )
  return readText(key.schema, typed)
}
