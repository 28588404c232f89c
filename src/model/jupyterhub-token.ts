/** Tokens that a JupyterHub issued, kept as it kept them, so that programs go on with them after a move. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type TokenHash } from './token.ts'

/** JupyterHub: `orm.Hashed.prefix_length` */
const prefixLength = 4

/** `ALGORITHM:ROUNDS:SALT:DIGEST` of a secret that JupyterHub made itself: random, so that one round is enough. (`hash_token`) */
const generated = /^sha512:1:[0-9a-f]{16}:[0-9a-f]{128}$/

/**
 * What is stored in the place of our own hash; begins with what its secret begins with.
 * Undefined: somebody chose the secret, and each guess of one would cost 16384 rounds.
 */
export const importedHash = (prefix: string, hashed: string): TokenHash | undefined =>
  /^[0-9a-f]{4}$/.test(prefix) && generated.test(hashed)
    ? (`jupyterhub:${prefix}:${hashed}` as TokenHash)
    : undefined

/** What the stored hashes of an imported secret begin with; undefined: it is none that JupyterHub makes. */
export const importedStart = (secret: string): string | undefined =>
  /^[0-9a-f]{32,64}$/.test(secret) ? `jupyterhub:${secret.slice(0, prefixLength)}:` : undefined

/** JupyterHub: `compare_token` */
export function isImported(hash: string, secret: string): boolean {
  const [salt = '', digest = ''] = hash.split(':').slice(-2)
  const computed = createHash('sha512').update(salt).update(secret).digest()
  const stored = Buffer.from(digest, 'hex')
  return stored.length === computed.length && timingSafeEqual(stored, computed)
}
