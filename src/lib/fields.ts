/** Fields of forms and queries (`application/x-www-form-urlencoded`), of which strangers may send any number. */
import { HubError } from './errors.ts'

/** As in Django and PHP. Node's `URLSearchParams` takes the square of their number: three seconds for those of one MiB. */
const mostFormFields = 1000

/** @throws {HubError} TooLarge when there are more fields than any form of ours has. */
export function parseFields(text: string): URLSearchParams {
  let count = 1
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) count += 1
  if (count > mostFormFields)
    throw new HubError(
      'TooLarge',
      `There are more than ${mostFormFields} fields in this request. Send fewer at once.`,
    )
  return new URLSearchParams(text)
}

/** The fields behind the question mark of a URL, or of its path. @throws {HubError} TooLarge */
export function parseQuery(url: string): URLSearchParams {
  const start = url.indexOf('?')
  return parseFields(start < 0 ? '' : url.slice(start + 1))
}
