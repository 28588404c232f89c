/** The options of `littlehub proxy`: those of configurable-http-proxy, and two of its own. */
import { type Command } from './command.ts'

const listening: Command['options'] = {
  ip: { type: 'string', value: 'IP', help: 'Listen on this address (all of them).' },
  port: { type: 'string', value: 'N', help: 'Listen on this port (8000).' },
  socket: { type: 'string', value: 'PATH', help: 'Listen on this Unix socket instead.' },
  'api-ip': { type: 'string', value: 'IP', help: 'Where the API of routes listens (localhost).' },
  'api-port': { type: 'string', value: 'N', help: 'Its port (that of the proxy, and one more).' },
  'api-socket': { type: 'string', value: 'PATH', help: 'Its Unix socket instead.' },
  'metrics-ip': { type: 'string', value: 'IP', help: 'Where metrics are (all addresses).' },
  'metrics-port': { type: 'string', value: 'N', help: 'Their port; without it there are none.' },
  'metrics-socket': { type: 'string', value: 'PATH', help: 'Their Unix socket instead.' },
  'redirect-port': { type: 'string', value: 'N', help: 'Lead plain HTTP on this port to HTTPS.' },
  'redirect-to': { type: 'string', value: 'N', help: 'The port it is led to (that of the proxy).' },
}

const tls: Command['options'] = {
  'ssl-key': { type: 'string', value: 'FILE', help: 'Speak TLS with this key.' },
  'ssl-cert': { type: 'string', value: 'FILE', help: 'Speak TLS with this certificate.' },
  'ssl-ca': { type: 'string', value: 'FILE', help: 'Whose certificates of clients are trusted.' },
  'ssl-request-cert': { type: 'boolean', help: 'Let nobody in without a trusted certificate.' },
  'ssl-reject-unauthorized': { type: 'boolean', help: 'Always so with --ssl-request-cert.' },
  'ssl-protocol': { type: 'string', value: 'NAME', help: 'Only this version, such as TLSv1_2.' },
  'ssl-ciphers': { type: 'string', value: 'LIST', help: 'Ciphers, separated by colons.' },
  'ssl-allow-rc4': { type: 'boolean', help: 'Not supported: the TLS library has no RC4.' },
  'ssl-dhparam': { type: 'string', value: 'FILE', help: 'Diffie-Hellman parameters.' },
  'api-ssl-key': { type: 'string', value: 'FILE', help: 'The same for the API of routes.' },
  'api-ssl-cert': { type: 'string', value: 'FILE', help: 'Its certificate.' },
  'api-ssl-ca': { type: 'string', value: 'FILE', help: 'Whose certificates of callers it trusts.' },
  'api-ssl-request-cert': { type: 'boolean', help: 'Let nobody call without one.' },
  'api-ssl-reject-unauthorized': { type: 'boolean', help: 'Always so with the one before.' },
  'client-ssl-key': { type: 'string', value: 'FILE', help: 'Our key to servers that speak TLS.' },
  'client-ssl-cert': { type: 'string', value: 'FILE', help: 'Our certificate to them.' },
  'client-ssl-ca': { type: 'string', value: 'FILE', help: 'Whose certificates of them we trust.' },
  'client-ssl-request-cert': { type: 'boolean', help: 'Always so: servers have to show one.' },
  'client-ssl-reject-unauthorized': { type: 'boolean', help: 'Always so, without --insecure.' },
  insecure: { type: 'boolean', help: 'Take any certificate of a server.' },
}

const routing: Command['options'] = {
  'default-target': { type: 'string', value: 'URL', help: 'Where what has no route goes.' },
  'error-target': { type: 'string', value: 'URL', help: 'Asked for error pages: URL/404?url=…' },
  'error-path': { type: 'string', value: 'DIR', help: 'Error pages: 404.html, …, error.html.' },
  'host-routing': { type: 'boolean', help: 'The first segment of a route is a host name.' },
  'no-include-prefix': { type: 'boolean', help: 'Send requests on without their prefix.' },
  'no-prepend-path': { type: 'boolean', help: 'Leave out the path of the target.' },
  'storage-file': { type: 'string', value: 'FILE', help: 'Keep routes here for the next start.' },
  'storage-backend': {
    type: 'string',
    value: 'MODULE',
    help: 'Not supported: use --storage-file.',
  },
}

const rewriting: Command['options'] = {
  'no-x-forward': { type: 'boolean', help: 'Add no X-Forwarded-… headers.' },
  'auto-rewrite': { type: 'boolean', help: 'Lead redirects of a server to the host asked for.' },
  'protocol-rewrite': { type: 'string', value: 'NAME', help: 'The scheme of such redirects.' },
  'change-origin': { type: 'boolean', help: 'Tell a server its own address as Host.' },
  'custom-header': {
    type: 'string',
    multiple: true,
    value: 'NAME:VALUE',
    help: 'Add this header; may be repeated.',
  },
}

const running: Command['options'] = {
  timeout: { type: 'string', value: 'MS', help: 'Cut a client on which nothing moves so long.' },
  'proxy-timeout': {
    type: 'string',
    value: 'MS',
    help: 'Give a server up that is silent so long.',
  },
  'keep-alive-timeout': { type: 'string', value: 'MS', help: 'Keep idle clients so long (75000).' },
  'log-level': { type: 'string', value: 'LEVEL', help: 'debug, info, warn or error (info).' },
  'pid-file': { type: 'string', value: 'FILE', help: 'Write the process id here.' },
  'auth-token-file': {
    type: 'string',
    value: 'FILE',
    help: 'The token of the API, where CONFIGPROXY_AUTH_TOKEN is not set.',
  },
  version: { type: 'boolean', short: 'V', help: 'Print the version.' },
}

export const proxyOptions: Command['options'] = {
  ...listening,
  ...routing,
  ...rewriting,
  ...running,
  ...tls,
}
