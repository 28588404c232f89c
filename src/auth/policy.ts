/** Who may use the hub at all, by what the configuration says. Pure, but for what it remembers of lists. */
import { normaliseName, type User } from '../model/user.ts'

export type AdmissionRules = {
  /** Empty: everybody whom the way of logging in lets in. */
  readonly allowed: readonly string[]
  readonly blocked: readonly string[]
}

/**
 * Whether somebody is kept out: blocked counts for everybody; a list of the allowed does not keep out administrators
 * (JupyterHub: `check_blocked_users`, `check_allowed`, where administrators are allowed).
 */
export function isShutOut(
  { name, admin }: Pick<User, 'name' | 'admin'>,
  { allowed, blocked }: AdmissionRules,
): boolean {
  if (normalised(blocked).has(name)) return true
  return allowed.length > 0 && !admin && !normalised(allowed).has(name)
}

/** It is asked about everybody who comes, and a list may name ten thousand: each list is looked through once. */
const known = new WeakMap<readonly string[], ReadonlySet<string>>()

function normalised(names: readonly string[]): ReadonlySet<string> {
  const before = known.get(names)
  if (before) return before
  const made = new Set(names.map(normaliseName))
  known.set(names, made)
  return made
}
