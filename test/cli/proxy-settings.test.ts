/** What the words of `littlehub proxy` mean. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { parseCall } from '../../src/cli/parse.ts'
import { proxyOptions } from '../../src/cli/proxy-options.ts'
import { proxySettings } from '../../src/cli/proxy-settings.ts'
import { type Terminal } from '../../src/cli/terminal.ts'
import { certificate, privateKey } from '../support/certificate.ts'
import { temporaryFolder } from '../support/hub.ts'

const command = {
  name: 'proxy',
  summary: '',
  operands: [],
  options: proxyOptions,
  run: () => Promise.resolve(0),
}

function settings(words: readonly string[], environment: Record<string, string> = {}) {
  const terminal = { environment } as unknown as Terminal
  return proxySettings(parseCall(command, words, terminal))
}

t.test('without words it listens as the peer does', async (t) => {
  t.same(settings([]), {
    proxy: { host: '', port: 8000 },
    api: { host: 'localhost', port: 8001 },
    headers: {
      customHeaders: {},
      addForwarded: true,
      changeOrigin: false,
      autoRewrite: false,
      protocolRewrite: undefined,
    },
    hostRouting: false,
    includePrefix: true,
    prependPath: true,
  })
})

t.test('what JupyterHub says is understood', async (t) => {
  const words = [
    ...['--ip', '', '--port', '8010', '--api-ip', '127.0.0.1', '--api-port', '8005'],
    ...['--error-target', 'http://127.0.0.1:8081/hub/error', '--log-level', 'info'],
    '--host-routing',
  ]
  t.match(settings(words, { CONFIGPROXY_AUTH_TOKEN: 'secret' }), {
    proxy: { host: '', port: 8010 },
    api: { host: '127.0.0.1', port: 8005 },
    errorTarget: 'http://127.0.0.1:8081/hub/error',
    hostRouting: true,
    token: 'secret',
  })
})

t.test('every other option has its effect', async (t) => {
  const words = [
    ...['--socket', '/run/a', '--api-socket', '/run/b', '--metrics-socket', '/run/c'],
    ...['--default-target', 'https://a', '--error-path', '/errors', '--storage-file', '/routes'],
    ...['--no-include-prefix', '--no-prepend-path', '--no-x-forward', '--auto-rewrite'],
    ...['--change-origin', '--protocol-rewrite', 'https', '--insecure', '--pid-file', '/pid'],
    ...['--custom-header', ' k1 : v1:x ', '--custom-header', 'k2:v2'],
    ...['--timeout', '1', '--proxy-timeout', '2', '--keep-alive-timeout', '3'],
  ]
  t.match(settings(words), {
    proxy: { path: '/run/a' },
    api: { path: '/run/b' },
    metrics: { path: '/run/c' },
    defaultTarget: 'https://a',
    errorPath: '/errors',
    storageFile: '/routes',
    pidFile: '/pid',
    includePrefix: false,
    prependPath: false,
    headers: {
      customHeaders: { k1: 'v1:x', k2: 'v2' },
      addForwarded: false,
      changeOrigin: true,
      autoRewrite: true,
      protocolRewrite: 'https',
    },
    clientTls: { rejectUnauthorized: false },
    timeoutMs: 1,
    proxyTimeoutMs: 2,
    keepAliveTimeoutMs: 3,
  })
  t.match(settings(['--ip', '*', '--metrics-ip', '127.0.0.1', '--metrics-port', '9']), {
    proxy: { host: '', port: 8000 },
    metrics: { host: '127.0.0.1', port: 9 },
  })
})

t.test('plain HTTP is led to where it is told, or to the port of the proxy', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(path.join(folder, 'key'), privateKey)
  writeFileSync(path.join(folder, 'cert'), certificate)
  const tls = ['--ssl-key', path.join(folder, 'key'), '--ssl-cert', path.join(folder, 'cert')]
  t.match(settings([...tls, '--port', '8443', '--redirect-port', '8080']), {
    redirect: { place: { host: '', port: 8080 }, toPort: 8443 },
  })
  t.match(settings([...tls, '--redirect-port', '8080', '--redirect-to', '443']), {
    redirect: { toPort: 443 },
  })
})

t.test('the token may be in a file, and the environment comes first', async (t) => {
  const file = path.join(temporaryFolder(t), 'token')
  writeFileSync(file, ' in-the-file\n')
  const words = ['--auth-token-file', file]
  t.equal(settings(words).token, 'in-the-file')
  t.equal(settings(words, { CONFIGPROXY_AUTH_TOKEN: 'other' }).token, 'other')
  writeFileSync(file, '\n')
  t.throws(() => settings(words), { name: 'UsageError' })
})

t.test('what cannot be, or not together, is told', async (t) => {
  const refused: [string, RegExp][] = [
    ['--storage-backend x', /--storage-backend is not supported: .+ --storage-file/],
    ['--redirect-port 80', /needs --ssl-key and --ssl-cert/],
    ['--error-target http://a --error-path b', /exclude each other/],
    ['--socket /a --port 1', /--socket excludes --ip and --port/],
    ['--api-ip 0.0.0.0', /open to the network/],
    ['--api-ip 10.0.0.1', /open to the network/],
    ['--port x', /--port x is no number/],
    ['--port 70000', /is no port/],
    ['--default-target a', /is no address/],
    ['--error-target ftp://a', /is no address/],
    ['--custom-header x', /A colon was expected in custom header: x/],
    ['--auth-token-file /none', /cannot be read/],
  ]
  for (const [words, sentence] of refused)
    t.throws(() => settings(words.split(' ')), { name: 'UsageError', message: sentence }, words)
  t.throws(() => settings(['--custom-header', 'a:b\r\nEvil: 1']), { name: 'UsageError' })
  t.ok(settings(['--api-ip', '127.0.0.2']), 'on this machine alone it needs no token')
})
