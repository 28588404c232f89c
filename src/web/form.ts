/** What a browser sent with a page request: the query and the form. */

/** The fields of a form (`application/x-www-form-urlencoded`); of any other body none that anybody asks for. */
export function formOf(request: { readonly body: unknown }): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '')
}

export function queryOf(request: { readonly url: string }): URLSearchParams {
  const start = request.url.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : request.url.slice(start + 1))
}

/** One name a line, or separated by commas or semicolons, as lists come from elsewhere. */
export const namesIn = (text: string | null): string[] =>
  (text ?? '')
    .split(/[\r\n,;]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
