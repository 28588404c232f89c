/** What a setting may be, in words: for the person who wrote something else, and for docs/settings.md. */
import { Type, type TSchema } from 'typebox'
import { optionOf } from './sections.ts'

/** `expected a whole number from 0 to 65535` */
export function describeExpectation(schema: TSchema): string {
  const choices = choicesOf(schema)
  if (choices !== undefined) return `expected one of ${choices.join(', ')}`
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return `expected ${numberOf(schema)}`
  if (Type.IsBoolean(schema)) return 'expected true or false'
  return `expected ${textOf(schema)}`
}

/** The words that a setting may be; undefined when it isn't a choice of words. */
export function choicesOf(schema: TSchema): string[] | undefined {
  if (Type.IsEnum(schema)) return schema.enum.map(String)
  if (Type.IsLiteral(schema)) return [String(schema.const)]
  if (!Type.IsUnion(schema)) return undefined
  const members = schema.anyOf.map(choicesOf)
  return members.includes(undefined) ? undefined : members.flatMap((words) => words ?? [])
}

/** `a whole number from 0 to 65535`, without its bounds when there are none. */
export function numberOf(schema: TSchema): string {
  const name = Type.IsInteger(schema) ? 'a whole number' : 'a number'
  const [from, to] = [optionOf(schema, 'minimum'), optionOf(schema, 'maximum')]
  if (typeof from === 'number' && typeof to === 'number') return `${name} from ${from} to ${to}`
  if (typeof from === 'number') return `${name} of at least ${from}`
  return typeof to === 'number' ? `${name} of at most ${to}` : name
}

function textOf(schema: TSchema): string {
  const fewest = optionOf(schema, 'minLength')
  if (typeof fewest === 'number' && optionOf(schema, 'pattern') === undefined)
    return `text of at least ${fewest} ${fewest === 1 ? 'character' : 'characters'}`
  const description = optionOf(schema, 'description')
  if (typeof description !== 'string') return 'something of another form'
  return `what fits the sentence "${description.replace(/\.$/, '')}"`
}
