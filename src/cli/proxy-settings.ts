/** From the words of `littlehub proxy` to what the proxy is told. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { asError } from '../lib/errors.ts'
import { type PlainHeaderOptions } from '../proxy/plain-headers.ts'
import { type ProxyOptions, type Redirect } from '../standalone/options.ts'
import { type Place } from '../standalone/place.ts'
import { UsageError, type Call } from './command.ts'
import { clientTls, serverTls } from './proxy-tls.ts'

const defaultPort = 8000

/** @throws {UsageError} what cannot be used, or not together. */
export function proxySettings(call: Call): ProxyOptions {
  checkSupported(call)
  const { text, isSet } = call
  const proxy = placeOf(call, '', { host: '', port: defaultPort })
  const api = placeOf(call, 'api-', { host: 'localhost', port: portOf(proxy) + 1 })
  const metrics = ['metrics-port', 'metrics-socket'].some((name) => text(name) !== undefined)
  const apiTls = serverTls(call, 'api-')
  const given = {
    ...{ tls: serverTls(call, ''), apiTls, clientTls: clientTls(call), token: tokenOf(call) },
    metrics: metrics ? placeOf(call, 'metrics-', { host: '', port: 0 }) : undefined,
    redirect: redirectOf(call, portOf(proxy)),
    ...{ defaultTarget: urlOf(call, 'default-target'), errorTarget: urlOf(call, 'error-target') },
    ...{ errorPath: text('error-path'), storageFile: text('storage-file') },
    ...{ pidFile: text('pid-file'), timeoutMs: numberOf(call, 'timeout') },
    proxyTimeoutMs: numberOf(call, 'proxy-timeout'),
    keepAliveTimeoutMs: numberOf(call, 'keep-alive-timeout'),
  }
  const options: ProxyOptions = {
    ...{ proxy, api, headers: headersOf(call) },
    ...{ hostRouting: isSet('host-routing'), includePrefix: !isSet('no-include-prefix') },
    prependPath: !isSet('no-prepend-path'),
    ...defined(given),
  }
  checkTogether(options)
  return options
}

/** Without what is undefined. */
function defined<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as never
}

/** @throws {UsageError} */
function checkSupported({ text }: Call): void {
  if (text('storage-backend') !== undefined)
    throw wrong(
      '--storage-backend is not supported: routes are found in memory, without asking other code about each request. --storage-file keeps them across restarts.',
    )
}

/** @throws {UsageError} */
function checkTogether({ api, apiTls, token, ...options }: ProxyOptions): void {
  if (options.redirect && !options.tls)
    throw wrong('--redirect-port leads to HTTPS, which needs --ssl-key and --ssl-cert.')
  if (options.errorTarget !== undefined && options.errorPath !== undefined)
    throw wrong('--error-target and --error-path exclude each other.')
  if (token === undefined && !isLocal(api) && apiTls?.requestCert !== true)
    throw wrong(
      'The API of routes would be open to the network: set CONFIGPROXY_AUTH_TOKEN, or have it listen on localhost.',
    )
}

function isLocal(place: Place): boolean {
  if ('path' in place || place.host === 'localhost' || place.host === '::1') return true
  return isIP(place.host) === 4 && place.host.startsWith('127.')
}

/** @param side `''`, `api-` or `metrics-` @throws {UsageError} */
function placeOf(call: Call, side: string, otherwise: { host: string; port: number }): Place {
  const path = call.text(`${side}socket`)
  const [ip, port] = [call.text(`${side}ip`), numberOf(call, `${side}port`)]
  if (path !== undefined && (ip !== undefined || port !== undefined))
    throw wrong(`--${side}socket excludes --${side}ip and --${side}port.`)
  if (path !== undefined) return { path }
  if ((port ?? 0) > 65_535) throw wrong(`--${side}port ${port ?? ''} is no port.`)
  // The peer takes the asterisk for all addresses too.
  return { host: (ip ?? otherwise.host).replace(/^\*$/, ''), port: port ?? otherwise.port }
}

const portOf = (place: Place): number => ('path' in place ? defaultPort : place.port)

/** @throws {UsageError} */
function redirectOf(call: Call, proxyPort: number): Redirect | undefined {
  const port = numberOf(call, 'redirect-port')
  if (port === undefined) return undefined
  const host = (call.text('ip') ?? '').replace(/^\*$/, '')
  return { place: { host, port }, toPort: numberOf(call, 'redirect-to') ?? proxyPort }
}

/** @throws {UsageError} */
function numberOf(call: Call, option: string): number | undefined {
  const text = call.text(option)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw wrong(`--${option} ${text} is no number.`)
  return Number(text)
}

/** @throws {UsageError} */
function urlOf(call: Call, option: string): string | undefined {
  const text = call.text(option)
  const scheme = URL.parse(text ?? '')?.protocol ?? ''
  if (text === undefined || ['http:', 'https:', 'http+unix:', 'unix+http:'].includes(scheme))
    return text
  throw wrong(
    `--${option} ${text} is no address; it begins with http://, https:// or http+unix://.`,
  )
}

/** @throws {UsageError} */
function headersOf(call: Call): PlainHeaderOptions {
  return {
    customHeaders: Object.fromEntries(call.texts('custom-header').map(headerOf)),
    addForwarded: !call.isSet('no-x-forward'),
    changeOrigin: call.isSet('change-origin'),
    autoRewrite: call.isSet('auto-rewrite'),
    protocolRewrite: call.text('protocol-rewrite')?.replace(/:$/, ''),
  }
}

/** RFC 9110 §5.1 and §5.5. */
const headerSyntax = /^\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*:[ \t]*([\t\x20-\x7e\x80-\xff]*)$/

/** @throws {UsageError} */
function headerOf(text: string): [string, string] {
  const [, name, value] = headerSyntax.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw wrong(`A colon was expected in custom header: ${text}`)
  return [name, value.trimEnd()]
}

/** @throws {UsageError} */
function tokenOf(call: Call): string | undefined {
  const file = call.text('auth-token-file')
  const { CONFIGPROXY_AUTH_TOKEN: set = '' } = call.terminal.environment
  if (set !== '') return set
  if (file === undefined) return undefined
  try {
    const token = readFileSync(file, 'utf8').trim()
    if (token !== '') return token
  } catch (thrown) {
    throw wrong(`--auth-token-file ${file} cannot be read: ${asError(thrown).message}`)
  }
  throw wrong(`--auth-token-file ${file} is empty.`)
}

const wrong = (sentence: string): UsageError => new UsageError(sentence, 'proxy')
