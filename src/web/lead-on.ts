/** Lets the form of a page lead on to another site: to the OAuth client that somebody came from, and nowhere else. */
import { type FastifyReply } from 'fastify'
import { type StoreReader } from '../store/store.ts'
import { withFormsTo } from './security-headers.ts'

/** @param redirectUri a registered one; where it is a path of this site, forms lead there anyway. */
export function leadOnTo(reply: FastifyReply, redirectUri: string): void {
  const url = URL.parse(redirectUri)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return
  const policy = String(reply.getHeader('content-security-policy'))
  reply.header('content-security-policy', withFormsTo(policy, url.origin))
}

type Leading = {
  readonly store: Pick<StoreReader, 'oauthProvider'>
  /** `/hub/` with the base URL. */
  readonly hubPath: string
}

/**
 * For a form after which `next` is opened: a client that needs no consent gets its code by the redirect behind it.
 * Only what is registered of the client counts; whatever else the address says is not believed.
 */
export function leadOnBehind(
  reply: FastifyReply,
  next: string | undefined,
  { store, hubPath }: Leading,
): void {
  const url = next === undefined ? undefined : URL.parse(next, 'http://hub')
  if (url?.pathname !== `${hubPath}api/oauth2/authorize`) return
  const client = store.oauthProvider.findClient(url.searchParams.get('client_id') ?? '')
  if (client) leadOnTo(reply, client.redirectUri)
}
