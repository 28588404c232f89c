/** Token exchange: who is somebody else never sees a key of the hub that opens more than itself. */
import { HOUR, SECOND, type Clock } from '../lib/time.ts'
import { serverClientId } from '../model/server.ts'
import { type Access, type Caller } from './access.ts'
import { type TokenVerbs } from './tokens.ts'

export interface TokenExchange {
  /**
   * What goes upstream instead of the caller's `Authorization` header: a key that is good for this one server only.
   * Undefined when the header may pass: no token was used, it is the owner's own, or it was issued for this server.
   */
  authorizationFor(
    caller: Caller,
    owner: { readonly user: string; readonly userId: number; readonly server: string },
  ): string | undefined
  /**
   * The same for a program that anybody may use and that no administrator of people vouches for.
   * @returns `''` when what was sent is a key of the hub, which then goes nowhere.
   */
  authorizationForProgram(authorization: string | undefined): '' | undefined
}

/** How long an exchanged key is good for, and used again for the same caller. */
const validMs = HOUR

/** Keys kept at the same time; then all are issued anew. */
const mostKept = 10_000

export function createTokenExchange(needs: {
  tokens: TokenVerbs
  access: Access
  clock: Clock
}): TokenExchange {
  const issued = new Map<string, { readonly header: string; readonly untilMs: number }>()
  needs.access.onChange(() => issued.clear())
  needs.access.onServiceChange(() => issued.clear())

  const issue = (
    caller: Caller,
    request: { clientId: string; scopes: readonly string[]; expiresInSeconds: number },
  ): string => {
    if ('service' in caller)
      return needs.tokens.issueForService({ ...request, service: caller.service })
    const { user, credential } = caller
    const sessionPublicId =
      credential.kind === 'token' ? credential.token.sessionPublicId : credential.session.publicId
    return needs.tokens.issueForClient({ ...request, user, sessionPublicId }).secret
  }

  return {
    authorizationFor(caller, owner) {
      const { credential } = caller
      if (credential.kind === 'session') return undefined
      if ('user' in caller && caller.user.id === owner.userId) return undefined
      const clientId = serverClientId(owner.user, owner.server)
      if (credential.token.clientId === clientId) return undefined
      const nowMs = needs.clock.now().getTime()
      const key = `${credential.token.id} ${clientId}`
      const known = issued.get(key)
      if (known && known.untilMs > nowMs) return known.header
      const secret = issue(caller, {
        clientId,
        scopes: [`access:servers!server=${owner.user}/${owner.server}`],
        expiresInSeconds: validMs / SECOND,
      })
      if (issued.size >= mostKept) issued.clear()
      // Given up at half time, so that what goes upstream is never about to end.
      issued.set(key, { header: `token ${secret}`, untilMs: nowMs + validMs / 2 })
      return `token ${secret}`
    },

    authorizationForProgram(authorization) {
      if (authorization === undefined) return undefined
      // The hub's own word: whether this one still opens anything does not matter.
      if (/^\s*token\b/i.test(authorization)) return ''
      const sent = { authorization }
      const caller = needs.access.identify(sent) ?? needs.access.identifyService(sent)
      return caller === undefined ? undefined : ''
    },
  }
}
