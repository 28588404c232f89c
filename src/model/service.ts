/** A service: a registered program with a name, and the rules of what may be registered (contract §7.1). */
import { escapeName } from './server.ts'

/** Who comes through the front door: those who may use it, or anybody, and then it looks after itself. */
export type ServiceAccess = 'members' | 'public'

export type Service = {
  readonly id: number
  readonly name: string
  /** It has the role `admin`. */
  readonly admin: boolean
  /** Where it answers; undefined when it is not proxied. */
  readonly url: string | undefined
  /** Not empty: the hub runs it. */
  readonly command: readonly string[]
  readonly info: Readonly<Record<string, unknown>>
  /** Whether the menu of services lists it. */
  readonly display: boolean
  readonly access: ServiceAccess
  /** Declared in the configuration, and gone with its entry there. */
  readonly fromConfig: boolean
  readonly createdAt: Date
}

/** What somebody registers, checked by `serviceProblem` and completed by `completeService`. */
export type ServiceSpec = {
  readonly name: string
  readonly admin?: boolean | undefined
  readonly url?: string | undefined
  /** Chosen by whoever runs the service; also the secret of its OAuth client. */
  readonly apiToken?: string | undefined
  readonly info?: Readonly<Record<string, unknown>> | undefined
  readonly display?: boolean | undefined
  readonly access?: ServiceAccess | undefined
  readonly oauthClientId?: string | undefined
  readonly oauthRedirectUri?: string | undefined
  readonly oauthClientAllowedScopes?: readonly string[] | undefined
  readonly oauthNoConfirm?: boolean | undefined
}

/** Shortest secret that somebody may choose (JupyterHub: `APIToken.check_token`). */
const minTokenLength = 8

/** URL path of a service, escaped: `/services/cull-idle/`. `baseUrl` begins and ends with a slash. */
export const servicePath = (baseUrl: string, name: string): string =>
  `${baseUrl}services/${escapeName(name)}/`

/** The same path with the name as it is: what the route table holds. */
export const serviceRoutePrefix = (baseUrl: string, name: string): string =>
  `${baseUrl}services/${name}/`

export const serviceClientId = (name: string): string => `service-${name}`

/** Whether it logs people in with this hub: whatever has a URL, or asks for it. */
export function hasOAuthClient(spec: ServiceSpec): boolean {
  const { url, oauthClientId, oauthRedirectUri, oauthClientAllowedScopes } = spec
  return Boolean(url ?? oauthClientId ?? oauthRedirectUri ?? oauthClientAllowedScopes?.length)
}

/** The first thing that is wrong, in one sentence that begins with the field; undefined when nothing is. */
export function serviceProblem(spec: ServiceSpec): string | undefined {
  const { name, url, apiToken, oauthClientId, oauthRedirectUri } = spec
  if (!isServiceName(name))
    return 'name: 1–255 letters, digits and . _ ~ @ -, the first one a letter or digit.'
  if (url !== undefined && !isTargetUrl(url))
    return 'url: an http address without query, such as http://127.0.0.1:9000.'
  if (apiToken !== undefined && !isUsableToken(apiToken))
    return `api_token: at least ${minTokenLength} visible characters.`
  if (oauthClientId !== undefined && !/^service-[\x21-\x7e]{1,255}$/.test(oauthClientId))
    return 'oauth_client_id: it begins with service-.'
  if (oauthRedirectUri !== undefined && !isRedirectUri(oauthRedirectUri))
    return 'oauth_redirect_uri: a path, or an http address, without a fragment.'
  return undefined
}

/** They are part of a path, a client id and scopes, so they stay as they are in each. */
const isServiceName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._~@-]{0,254}$/.test(name)

const isUsableToken = (token: string): boolean =>
  token.length >= minTokenLength && token.length <= 1000 && /^[\x21-\x7e]+$/.test(token)

function isTargetUrl(url: string): boolean {
  const parsed = URL.parse(url)
  if (parsed === null || !isHttp(parsed)) return false
  return parsed.search === '' && parsed.hash === '' && parsed.username === '' && !/[?#]/.test(url)
}

/** Compared byte for byte, so its form is nobody's business but the service's. @see RFC 6749 §3.1.2 */
function isRedirectUri(uri: string): boolean {
  if (uri.includes('#') || /[^\x21-\x7e]/.test(uri)) return false
  if (uri.startsWith('/')) return !/^\/[/\\]/.test(uri)
  const parsed = URL.parse(uri)
  return parsed !== null && isHttp(parsed)
}

const isHttp = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:'
