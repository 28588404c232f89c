/** A session: one browser that is logged in. */

export type Session = {
  /** SHA-256 of the cookie's value; the value itself is never stored. */
  readonly hash: string
  readonly userId: number
  /** The public `jupyterhub-session-id`: what tokens issued in this session carry, so that logging out ends them. */
  readonly publicId: string
  readonly createdAt: Date
  readonly seenAt: Date
  readonly expiresAt: Date
  readonly address: string
  readonly userAgent: string
}

/** Whether a session has ended by itself: unused for `idleMs`, or past its absolute end. */
export function hasExpired(
  session: Pick<Session, 'seenAt' | 'expiresAt'>,
  now: Date,
  idleMs: number,
): boolean {
  return now >= session.expiresAt || now.getTime() - session.seenAt.getTime() >= idleMs
}

/** The hub's login cookie. Over TLS the `__Host-` form, which no other host or path can set (RFC 6265bis §4.1.3.2). */
export const sessionCookie = { plain: 'littlehub-session', secure: '__Host-littlehub-session' }

/** The cookie that binds a redirect login to the browser that began it. */
export const loginFlowCookie = 'littlehub-login-flow'

/** JupyterHub's public session id; servers see it, since `jupyterhub-singleuser` keys its cache by it. No credential. */
export const publicSessionCookie = 'jupyterhub-session-id'

/** What never reaches a server, and what no server may set. */
export const hubCookieNames: ReadonlySet<string> = new Set([
  sessionCookie.plain,
  sessionCookie.secure,
  loginFlowCookie,
])
