/** A proxy by itself for tests, with its API, and what is typed to start it. */
import http from 'node:http'
import { type Test } from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { type ProxyOptions } from '../../src/standalone/options.ts'
import { type Place } from '../../src/standalone/place.ts'
import { startProxy } from '../../src/standalone/proxy.ts'

export const token = 'the-token-of-the-api'

export const plainHeaders = {
  customHeaders: {},
  addForwarded: true,
  changeOrigin: false,
  autoRewrite: false,
  protocolRewrite: undefined,
}

const anyPort = { host: '127.0.0.1', port: 0 }

export const standaloneOptions = (changes: Partial<ProxyOptions> = {}): ProxyOptions => ({
  proxy: anyPort,
  api: anyPort,
  token,
  hostRouting: false,
  includePrefix: true,
  prependPath: true,
  headers: plainHeaders,
  ...changes,
})

/** Log lines as objects. */
export function logLines() {
  const lines: Record<string, unknown>[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line) as never)
  return { lines, log: createLog({ level: 'debug' }, { write }) }
}

export const portOf = (place: Place | undefined): number =>
  place && 'port' in place ? place.port : 0

export async function startStandalone(t: Test, changes: Partial<ProxyOptions> = {}) {
  const { lines, log } = logLines()
  const proxy = await startProxy(standaloneOptions(changes), log)
  t.teardown(() => proxy.stop())
  const port = portOf(proxy.places.proxy)
  const apiPort = portOf(proxy.places.api)
  return { ...proxy, port, apiPort, lines, api: (call: ApiCall) => callApi(apiPort, call) }
}

export type ApiCall = {
  readonly method?: string
  readonly path?: string
  readonly body?: unknown
  readonly authorization?: string
}

export type ApiAnswer = { readonly status: number; readonly type: string; readonly text: string }

/** Without any help of a URL parser: paths go out as they are. */
export function callApi(port: number, call: ApiCall): Promise<ApiAnswer> {
  const { method = 'GET', path = '/api/routes', body, authorization = `token ${token}` } = call
  const headers = authorization === '' ? {} : { authorization }
  const text = method === 'POST' ? textOf(body) : ''
  return ask({ host: '127.0.0.1', port, method, path, headers }, text)
}

const textOf = (body: unknown): string =>
  body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)

export function ask(options: http.RequestOptions, body = ''): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          text,
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}
