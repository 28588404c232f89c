/** The server of HTTPS: what it demands of TLS, with the certificate of the moment. */
import https from 'node:https'
import { type Server } from 'node:http'
import { SECOND } from '../lib/time.ts'
import { type Acme } from '../core/acme.ts'
import { type Certificates } from '../core/certificates.ts'
import { createProtocolChoice, placeholderCertificate } from '../tls/acme-alpn.ts'
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

/**
 * Without a certificate nobody is answered but authorities with their challenges. Connections that are open keep what
 * they began with.
 */
export function createSecureServer(
  certificates: Certificates,
  { challengeFor }: Pick<Acme, 'challengeFor'>,
): Server {
  const ALPNCallback = createProtocolChoice(challengeFor)
  const server = https.createServer({ ...frontServerOptions, ...tlsOptions, ALPNCallback })
  const apply = (): void => {
    const { cert, key } = certificates.find() ?? placeholderCertificate()
    server.setSecureContext({ ...tlsOptions, cert, key })
  }
  server.on('secureConnection', (socket) => {
    if (!certificates.find()) socket.destroySoon()
  })
  apply()
  certificates.onChange(apply)
  return server
}
