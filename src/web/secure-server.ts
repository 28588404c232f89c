/** The server of HTTPS: what it demands of TLS, with the certificate of the moment. */
import https from 'node:https'
import { type Server } from 'node:http'
import { SECOND } from '../lib/time.ts'
import { type Certificates } from '../core/certificates.ts'
import { frontServerOptions } from '../proxy/listener.ts'

/** What every browser of the last ten years speaks, with forward secrecy and authenticated encryption. @see RFC 9325 §4.2 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

const tlsOptions = {
  minVersion: 'TLSv1.2',
  ciphers,
  // A phone without AES in hardware is better off with its own order.
  honorCipherOrder: false,
  handshakeTimeout: 15 * SECOND,
  sessionTimeout: 3600,
} as const

/** Without a certificate every handshake ends with an alert. Connections that are open keep what they began with. */
export function createSecureServer(certificates: Certificates): Server {
  const server = https.createServer({ ...frontServerOptions, ...tlsOptions })
  const apply = (): void => {
    const certificate = certificates.find()
    if (!certificate) return
    server.setSecureContext({ ...tlsOptions, cert: certificate.cert, key: certificate.key })
  }
  apply()
  certificates.onChange(apply)
  return server
}
