/** Who may use the hub at all, by what the configuration says. Pure. */
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
  const isIn = (names: readonly string[]): boolean =>
    names.some((one) => normaliseName(one) === name)
  return isIn(blocked) || (allowed.length > 0 && !admin && !isIn(allowed))
}
