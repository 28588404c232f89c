/** The options of the peer are all there. */
import t from 'tap'
import { proxyOptions } from '../../src/cli/proxy-options.ts'

/** Of configurable-http-proxy 5.3; `value`: it takes one. */
const published = {
  value: [
    ...['ip', 'port', 'socket', 'ssl-key', 'ssl-cert', 'ssl-ca', 'ssl-protocol', 'ssl-ciphers'],
    ...['ssl-dhparam', 'api-ip', 'api-port', 'api-socket', 'api-ssl-key', 'api-ssl-cert'],
    ...['api-ssl-ca', 'client-ssl-key', 'client-ssl-cert', 'client-ssl-ca', 'default-target'],
    ...['error-target', 'error-path', 'redirect-port', 'redirect-to', 'pid-file'],
    ...['protocol-rewrite', 'custom-header', 'metrics-ip', 'metrics-port', 'metrics-socket'],
    ...['log-level', 'timeout', 'proxy-timeout', 'storage-backend', 'keep-alive-timeout'],
  ],
  flag: [
    ...['ssl-request-cert', 'ssl-reject-unauthorized', 'ssl-allow-rc4', 'api-ssl-request-cert'],
    ...['api-ssl-reject-unauthorized', 'client-ssl-request-cert'],
    ...['client-ssl-reject-unauthorized', 'no-x-forward', 'no-prepend-path'],
    ...['no-include-prefix', 'auto-rewrite', 'change-origin', 'insecure', 'host-routing'],
    'version',
  ],
}

t.test('every option of the peer is known, and takes a value or none as there', async (t) => {
  for (const name of published.value) t.equal(proxyOptions[name]?.type, 'string', name)
  for (const name of published.flag) t.equal(proxyOptions[name]?.type, 'boolean', name)
  const own = Object.keys(proxyOptions).filter(
    (name) => ![...published.value, ...published.flag].includes(name),
  )
  t.same(own, ['storage-file', 'auth-token-file'])
})
