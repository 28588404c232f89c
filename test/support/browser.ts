/** A small browser for tests: cookies, redirects, forms. Raw HTTP, so that cookies and headers are exactly what was sent. */
import http, { type IncomingHttpHeaders } from 'node:http'

export type Page = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Path and query that answered, after redirects. */
  readonly address: string
  readonly text: string
}

type Sent = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Redirects are not followed. */
  readonly stay?: boolean
}

export type Browser = {
  /** By name, as the jar has them now; a server's own by path and name: `/user/ana/ _xsrf`. */
  readonly cookies: Map<string, { value: string; path: string; attributes: string }>
  /** What it sends to this address. */
  cookieHeader(address: string): string
  send(address: string, options?: Sent): Promise<Page>
  open(address: string): Promise<Page>
  /** Fills the form of `page` whose action or button fits and sends it, hidden fields and all. */
  submit(page: Page, which: RegExp, fields?: Readonly<Record<string, string>>): Promise<Page>
}

const mostRedirects = 10

/** An attribute that takes the cookie away. */
const isOver = (attribute: string): boolean =>
  /^max-age=0$/i.test(attribute) ||
  Date.parse(/^expires=(.*)/i.exec(attribute)?.[1] ?? '') < Date.now()

/** @param url without a slash at its end */
export function createBrowser(url: string): Browser {
  const cookies: Browser['cookies'] = new Map()

  const keep = (lines: readonly string[] = []): void => {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/'
      const isGone = value === '' || attributes.some(isOver)
      const key = /\/(user|services)\//.test(path) ? `${path} ${name}` : name
      if (isGone) cookies.delete(key)
      else cookies.set(key, { value, path, attributes: attributes.join('; ') })
    }
  }
  const cookieHeader = (address: string): string =>
    [...cookies]
      .filter(([, { path }]) => address.startsWith(path))
      .map(([key, { value }]) => `${key.split(' ').at(-1)}=${value}`)
      .join('; ')

  const exchange = (address: string, { method = 'GET', headers = {}, body }: Sent): Promise<Page> =>
    new Promise((resolve, reject) => {
      const cookie = cookieHeader(address)
      // Not as a URL: that would tidy the path up, and some tests are about untidy ones.
      const { hostname, port } = new URL(url)
      const request = http.request({
        hostname,
        port,
        path: address,
        method,
        agent: false,
        headers: {
          ...(cookie === '' ? {} : { cookie }),
          ...(body === undefined
            ? {}
            : {
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              }),
          ...headers,
        },
      })
      request.on('error', reject)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          keep(response.headers['set-cookie'])
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            address,
            text: Buffer.concat(chunks).toString('utf8'),
          })
        })
      })
      request.end(body)
    })

  const send: Browser['send'] = async (address, options = {}) => {
    let page = await exchange(address, options)
    for (let count = 0; count < mostRedirects && !options.stay; count++) {
      const { location } = page.headers
      if (location === undefined || page.status < 300 || page.status > 399) return page
      const target = new URL(location, url + address)
      if (target.origin !== url) return page
      page = await exchange(target.pathname + target.search, { headers: options.headers ?? {} })
    }
    return page
  }

  return {
    cookies,
    cookieHeader,
    send,
    open: (address) => send(address),
    submit(page, which, fields = {}) {
      const form = formsOf(page).find(({ html }) => which.test(html))
      if (!form) throw new Error(`no form ${String(which)} on ${page.address}: ${page.text}`)
      const kept = form.entries.filter(([name]) => !(name in fields))
      const body = new URLSearchParams([...kept, ...Object.entries(fields)]).toString()
      return send(form.action, { method: 'POST', body })
    },
  }
}

export type Form = {
  readonly html: string
  readonly action: string
  readonly method: string
  /** Hidden and filled-in fields, in their order; some are there more than once. */
  readonly entries: [name: string, value: string][]
  readonly fields: Record<string, string>
}

export function formsOf(page: { readonly text: string; readonly address: string }): Form[] {
  return [...page.text.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(
    ([html, tag = '', inner = '']) => {
      const entries = entriesIn(inner)
      const action = attribute(tag, 'action') ?? page.address
      const method = attribute(tag, 'method') ?? 'get'
      return { html, action, method, entries, fields: Object.fromEntries(entries) }
    },
  )
}

/** As a browser sends them: of radio buttons the one that is chosen, of a list what is selected, else its first. */
const entriesIn = (html: string): [string, string][] =>
  [...html.matchAll(/<input\b[^>]*>|(<select\b[^>]*>)(.*?)<\/select>/gs)]
    .filter(([input]) => !/type="(checkbox|submit)"/.test(input))
    .filter(([input]) => !input.includes('type="radio"') || input.includes(' checked'))
    .map(([input, select, choices = '']) => {
      const options = [...choices.matchAll(/<option\b[^>]*>/g)].map(([option]) => option)
      const selected = options.find((option) => option.includes(' selected')) ?? options[0]
      const valued = select === undefined ? input : (selected ?? '')
      return [attribute(select ?? input, 'name') ?? '', attribute(valued, 'value') ?? '']
    })

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return value === undefined ? undefined : unescapeHtml(value)
}

export const unescapeHtml = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
