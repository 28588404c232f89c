/** Request bodies: raw bytes in, a checked value out. */
import { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { invalidInput } from '../lib/errors.ts'
import { parseFields } from '../lib/fields.ts'

/** What these functions need of a request: its body as raw bytes, whatever its content type (contract §0.6). */
export type WithBody = { readonly body: unknown }

/** @returns undefined for an empty body or `null`. @throws {HubError} InvalidInput when it is not JSON. */
export function readJson(request: WithBody): unknown {
  const text = bodyText(request)
  if (text === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    return value ?? undefined
  } catch {
    // The parser's own message quotes the body, which may hold a password, so it is no cause for the log.
    throw invalidInput('Invalid JSON in body of request')
  }
}

/** @returns the fields of a form (`application/x-www-form-urlencoded`), duplicates kept. @throws {HubError} TooLarge */
export function readForm(request: WithBody): URLSearchParams {
  return parseFields(bodyText(request))
}

/**
 * @returns the value, now known to fit.
 * @throws {HubError} InvalidInput that names the first place that does not fit; of a small value, since to look for it
 * takes some microseconds for each member, those that fit included.
 */
export function parse<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  if (Value.Check(schema, value)) return value
  const [problem] = hasMore(value, mostSearched) ? [] : Value.Errors(schema, value)
  const place = problem?.instancePath.slice(1).replaceAll('/', '.')
  const what = problem?.message ?? tooLargeToSearch
  throw invalidInput(`Invalid request body: ${place ? `'${place}' ` : ''}${what}`)
}

/** Members; to look through more would make everybody else wait for longer than a millisecond. */
const mostSearched = 1000

const tooLargeToSearch = `does not fit; to be told where, send at most ${mostSearched} values at once`

/** Whether it has more than so many members, at whatever depth. */
function hasMore(value: unknown, most: number): boolean {
  const left = [value]
  let count = 0
  while (left.length > 0 && count <= most) {
    const one = left.pop()
    const members: unknown[] = typeof one === 'object' ? Object.values(one ?? {}) : []
    count += members.length
    if (count <= most) left.push(...members)
  }
  return count > most
}

function bodyText({ body }: WithBody): string {
  return Buffer.isBuffer(body) ? body.toString('utf8') : ''
}
