/** Puts load on a proxy for `bench.ts`: wrk for requests, a client of our own for WebSockets. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { loadCore } from './bench-machine.ts'
import { pin, prefix } from './bench-subjects.ts'
// With `type` inside the braces it would run, and wait for orders in this process as well.
import type { SocketsOrder, SocketsReport } from './bench-sockets.ts'

export type Load = {
  readonly path: string
  readonly connections: number
  readonly seconds: number
  /** Of each answer, at least. */
  readonly answerBytes: number
  /** Of a body that each request brings. */
  readonly uploadBytes?: number
  /** Each request is for the next one of so many users. */
  readonly users?: number
}

export type LoadReport = {
  readonly requests: number
  readonly bytes: number
  readonly p99Ms: number
  readonly p50Ms: number
}

const cookie = (id: number | string): string => `littlehub-session=session ${id}`

/** What a browser sends; the proxies that know no logins pass it on. */
export const usualHeaders = {
  Host: 'hub.test',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  Accept: '*/*',
  'Accept-Language': 'en',
  Cookie: `${cookie(2)}; _xsrf=2|1234abcd|0123456789abcdef0123456789abcdef|1790000000`,
}

const folder = path.resolve(import.meta.dirname, '..', '.littlehub', 'bench')

const script = ({ uploadBytes, users, path: where }: Load): string => `
${uploadBytes === undefined ? '' : `wrk.method = 'POST'; wrk.body = string.rep('x', ${uploadBytes})`}
${users === undefined ? '' : requestOfAny(users, where)}
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"bytes":%d,"failed":%d,"p50Ms":%f,"p99Ms":%f}\\n',
    summary.requests, summary.bytes, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`

const requestOfAny = (users: number, where: string): string => `
local id = 1
request = function()
  id = id > ${users} and 2 or id + 1
  wrk.headers['Cookie'] = 'littlehub-session=session ' .. id
  return wrk.format(nil, string.format('/user/user-%06d/${where}', id))
end`

/** @throws {Error} when any answer was wrong: a rate with errors is no result. */
export async function load(port: number, order: Load): Promise<LoadReport> {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'load.lua')
  writeFileSync(file, script(order))
  const { stdout } = await promisify(execFile)('taskset', [
    ...['-c', loadCore, 'wrk', '-t1', `-c${order.connections}`, `-d${order.seconds}s`],
    ...['--timeout', '30s', '-s', file],
    ...Object.entries(usualHeaders).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    `http://127.0.0.1:${port}${prefix}/${order.path}`,
  ])
  const line = stdout.trim().split('\n').at(-1) ?? ''
  const { failed, ...report } = JSON.parse(line) as LoadReport & { failed: number }
  if (report.bytes < report.requests * order.answerBytes)
    throw new Error(`${report.requests} answers had only ${report.bytes} bytes`)
  if (failed > 0) throw new Error(`${failed} of ${report.requests} requests failed`)
  return report
}

/** Of a request for something of the user's server; the lines that it ends with are added before the empty one. */
export const headOf = (method: string, where: string, more = ''): string =>
  `${method} ${prefix}/${where} HTTP/1.1\r\n${Object.entries(usualHeaders)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}${more}\r\n`

const openingHead = headOf(
  'GET',
  'api/kernels/1/channels',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
)

/** They are open when this returns, and either work and report, or stay silent until they are closed. */
export async function openSockets(port: number, order: Omit<SocketsOrder, 'port' | 'head'>) {
  const child = pin(loadCore, [
    process.execPath,
    path.join(import.meta.dirname, 'bench-sockets.ts'),
  ])
  child.send({ ...order, port, head: openingHead } satisfies SocketsOrder)
  const [opened] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
  if (opened !== 'open') throw new Error('the WebSockets did not open')
  return {
    async report(): Promise<SocketsReport> {
      const [report] = (await once(child, 'message')) as [SocketsReport]
      return report
    },
    async close(): Promise<void> {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
