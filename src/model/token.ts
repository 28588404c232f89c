/** An API token: a program's key, what it may do and until when. */

/** May be shown once, never logged or stored. */
export type TokenSecret = string & { readonly __brand: 'TokenSecret' }
/** What is stored. */
export type TokenHash = string & { readonly __brand: 'TokenHash' }

export type Token = {
  /** JupyterHub shows it as `a<id>`. */
  readonly id: number
  readonly userId: number
  readonly userName: string
  readonly note: string
  /** As granted, unexpanded: `inherit` means everything its owner may do. */
  readonly scopes: readonly string[]
  /** The OAuth client it was issued to; undefined for plain API tokens (JupyterHub's built-in client `jupyterhub`). */
  readonly clientId: string | undefined
  /** Set on a server's own token; it dies with the server's run. */
  readonly serverId: number | undefined
  /** `jupyterhub-session-id` of the login that it came from; it dies with that login. */
  readonly sessionPublicId: string | undefined
  readonly createdAt: Date
  readonly lastActivityAt: Date | undefined
  readonly expiresAt: Date | undefined
}

/** An API token of a service. Its own lasts as long as it keeps it; one for a single server is short-lived. */
export type ServiceToken = Omit<Token, 'userId' | 'userName' | 'serverId' | 'sessionPublicId'> & {
  readonly serviceId: number
  readonly serviceName: string
}
