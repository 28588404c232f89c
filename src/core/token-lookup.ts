/** Which token a secret is of: one of ours, or one that came along from a JupyterHub. */
import { hashSecret } from '../lib/secret.ts'
import { importedStart, isImported } from '../model/jupyterhub-token.ts'
import { type Token, type TokenHash } from '../model/token.ts'
import { type Store } from '../store/store.ts'

/** Valid at `now` only. */
export function findToken(
  { tokens }: { readonly tokens: Pick<Store['tokens'], 'findByHash' | 'listImported'> },
  secret: string,
  now: Date,
): Token | undefined {
  const own = tokens.findByHash(hashSecret(secret) as TokenHash, now)
  const start = importedStart(secret)
  if (own || start === undefined) return own
  return tokens.listImported(start, now).find(({ hash }) => isImported(hash, secret))?.token
}
