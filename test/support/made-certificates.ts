/** Certificates for a test, made by OpenSSL: an authority, and what it signs. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export type Made = { readonly cert: string; readonly key: string }

/** @param dir where the files lie: `NAME.pem` and `NAME.key` */
export function createAuthority(dir: string, name = 'root') {
  const files = (of: string): Made => ({
    cert: path.join(dir, `${of}.pem`),
    key: path.join(dir, `${of}.key`),
  })
  const openssl = (...words: readonly string[]): unknown =>
    execFileSync('openssl', words, { cwd: dir, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

  const make = (of: string, words: readonly string[]): Made => {
    const { cert, key } = files(of)
    openssl('req', '-x509', ...newKey, '-out', cert, '-keyout', key, '-subj', `/CN=${of}`, ...words)
    return { cert, key }
  }
  const root = make(name, ['-days', '3650'])

  return {
    root,
    /** A certificate for these names, signed by the authority. */
    sign(of: string, names: readonly string[], { days = 90, isAuthority = false } = {}): Made {
      const constraints = `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`
      const alternatives = names.map((one) => `${/^[\d.]+$/.test(one) ? 'IP' : 'DNS'}:${one}`)
      const words = ['-days', String(days), '-CA', root.cert, '-CAkey', root.key]
      const extensions = [`subjectAltName=${alternatives.join(',')}`, constraints]
      return make(of, [...words, ...extensions.flatMap((one) => ['-addext', one])])
    },
    /** Several files behind each other, in one. */
    chain(of: string, ...parts: readonly Made[]): string {
      const { cert } = files(of)
      writeFileSync(cert, parts.map((part) => readFileSync(part.cert, 'utf8')).join(''))
      return cert
    },
  }
}
