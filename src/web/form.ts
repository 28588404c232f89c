/** What a browser sent with a page request: the query and the form. */
import { parseFields, parseQuery } from '../lib/fields.ts'

const forms = new WeakMap<object, URLSearchParams>()
const queries = new WeakMap<object, URLSearchParams>()

/**
 * The fields of a form (`application/x-www-form-urlencoded`); of any other body none that anybody asks for.
 * @throws {HubError} TooLarge the first time; for the page that says so there are none.
 */
export function formOf(request: { readonly body: unknown }): URLSearchParams {
  const { body } = request
  return readOnce(forms, request, () =>
    parseFields(Buffer.isBuffer(body) ? body.toString('utf8') : ''),
  )
}

/** @throws {HubError} TooLarge as `formOf` does. */
export function queryOf(request: { readonly url: string }): URLSearchParams {
  return readOnce(queries, request, () => parseQuery(request.url))
}

function readOnce(
  known: WeakMap<object, URLSearchParams>,
  request: object,
  read: () => URLSearchParams,
): URLSearchParams {
  const before = known.get(request)
  if (before) return before
  known.set(request, new URLSearchParams())
  const fields = read()
  known.set(request, fields)
  return fields
}

/** One name a line, or separated by commas or semicolons, as lists come from elsewhere. */
export const namesIn = (text: string | null): string[] =>
  (text ?? '')
    .split(/[\r\n,;]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
