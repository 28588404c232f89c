/** Services: register and remove them, with their tokens and OAuth clients (contract §7.1, §7.3). */
import { conflict, HubError, invalidInput } from '../lib/errors.ts'
import { hashSecret, newSecret } from '../lib/secret.ts'
import { type Clock } from '../lib/time.ts'
import { roles } from '../model/role.ts'
import { expandScopes, listScopes, type ScopeSet } from '../model/scope.ts'
import { checkScopes } from '../model/scope-form.ts'
import { type TokenHash, type TokenSecret } from '../model/token.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { type RightsReader } from './rights.ts'
import { routeServices, type ServiceRouteNeeds } from './service-routes.ts'
import {
  hasOAuthClient,
  serviceClientId,
  servicePath,
  serviceProblem,
  type Service,
  type ServiceSpec,
} from '../model/service.ts'

/** A service of the configuration; one with a command is run by the hub. */
export type DeclaredService = ServiceSpec & { readonly command: readonly string[] }

/** What is noted of the token of a managed service that has none in the configuration. */
const generated = 'generated at start'

/** Whether the hub makes its token when it starts it. */
const isGivenToken = ({ apiToken, command }: DeclaredService): boolean =>
  apiToken === undefined && command.length > 0

export interface ServiceVerbs {
  /** Makes the services of the configuration what it says; those it no longer names are gone. They were checked. */
  declare(declared: readonly DeclaredService[]): void
  /**
   * Registers one while the hub runs; it outlives a restart. `issuer` is what whoever asks may do.
   * @throws {HubError} InvalidInput, with JupyterHub's status for each; Conflict: it exists.
   */
  add(spec: ServiceSpec, issuer: ScopeSet): Service
  /** With its tokens and OAuth client. @throws {HubError} NotAllowed: the configuration declares it. */
  remove(service: Service): void
  /** A new token in the place of all it had, which is the secret of its OAuth client as well. Shown once. */
  renewToken(service: Service): TokenSecret
}

export type ServiceNeeds = ServiceRouteNeeds & {
  readonly store: Store
  readonly clock: Clock
  readonly access: Pick<Access, 'forgetAll'>
  readonly rights: RightsReader
  readonly events: Pick<Events, 'serviceAdded' | 'serviceRemoved'>
}

export function createServices(needs: ServiceNeeds): ServiceVerbs {
  const { store, clock, access, rights, events } = needs

  const save = (spec: ServiceSpec, more: Pick<Service, 'command' | 'fromConfig'>): Service =>
    store.services.save({
      name: spec.name,
      admin: spec.admin ?? false,
      url: spec.url,
      info: spec.info ?? {},
      display: spec.display ?? true,
      access: spec.access ?? 'public',
      createdAt: clock.now(),
      ...more,
    })

  /** Roles stand for their scopes, as they are now (contract §9.103). */
  const allowedScopes = (spec: ServiceSpec): string[] =>
    (spec.oauthClientAllowedScopes ?? []).flatMap((name) => rights.findRole(name)?.scopes ?? name)

  const saveClient = (service: Service, spec: ServiceSpec): void => {
    const known = store.oauthProvider.findClientOfService(service.id)
    const id = spec.oauthClientId ?? serviceClientId(service.name)
    if (known && (known.id !== id || !hasOAuthClient(spec)))
      store.oauthProvider.removeClient(known.id)
    if (!hasOAuthClient(spec)) return
    const path = servicePath(needs.baseUrl, service.name)
    store.oauthProvider.saveClient({
      id,
      secretHash: clientSecretHash(spec, service, known),
      redirectUri: spec.oauthRedirectUri ?? `${path}oauth_callback`,
      description: service.name,
      allowedScopes: allowedScopes(spec),
      serverId: undefined,
      serviceId: service.id,
      noConfirm: spec.oauthNoConfirm ?? false,
    })
  }

  const saveToken = (service: Service, secret: string, note: string): void => {
    store.serviceTokens.removeOf(service.id)
    store.serviceTokens.create({
      hash: hashSecret(secret) as TokenHash,
      serviceId: service.id,
      note,
      scopes: roles.token.scopes,
      createdAt: clock.now(),
    })
  }

  /** The program that runs knows this one; its next start gets another. */
  const keepsToken = (service: Service, declared: DeclaredService): boolean =>
    isGivenToken(declared) &&
    store.serviceTokens.listOf(service.id).every(({ note }) => note === generated)

  const declareOne = (declared: DeclaredService): void => {
    const service = save(declared, { command: declared.command, fromConfig: true })
    saveClient(service, declared)
    if (declared.apiToken !== undefined) saveToken(service, declared.apiToken, 'from config')
  }

  /** @throws {HubError} InvalidInput, Conflict */
  const check = (spec: ServiceSpec, issuer: ScopeSet): void => {
    const problem = serviceProblem(spec)
    if (problem !== undefined) throw invalidInput(`Invalid service: ${problem}`)
    const scopes = spec.oauthClientAllowedScopes ?? []
    checkScopes(scopes.filter((name) => !rights.findRole(name)))
    checkPower(spec, issuer)
    checkFree(spec)
  }

  const checkFree = (spec: ServiceSpec): void => {
    if (store.services.findByName(spec.name)) throw conflict(`Service ${spec.name} already exists`)
    const clientId = spec.oauthClientId ?? serviceClientId(spec.name)
    if (hasOAuthClient(spec) && store.oauthProvider.findClient(clientId))
      throw conflict(`There is already an OAuth client ${clientId}`)
  }

  const remove = (service: Service): void => {
    store.services.remove(service.id)
    routeServices(needs)
    access.forgetAll()
    events.serviceRemoved(service.name)
  }

  return {
    declare(declared) {
      store.transaction(() => {
        for (const service of store.services.list().filter(({ fromConfig }) => fromConfig)) {
          const one = declared.find(({ name }) => name === service.name)
          // Before any is given: two services may exchange theirs.
          if (!one || !keepsToken(service, one)) store.serviceTokens.removeOf(service.id)
          if (!one) store.services.remove(service.id)
        }
        declared.forEach(declareOne)
      })
      access.forgetAll()
    },
    add(spec, issuer) {
      check(spec, issuer)
      const service = store.transaction(() => {
        const added = save(spec, { command: [], fromConfig: false })
        saveClient(added, spec)
        if (spec.apiToken !== undefined) saveToken(added, spec.apiToken, 'chosen at registration')
        return added
      })
      routeServices(needs)
      events.serviceAdded(service.name)
      return service
    },
    remove(service) {
      if (service.fromConfig)
        throw new HubError(
          'NotAllowed',
          `Service ${service.name} is declared in the configuration; remove it there.`,
        )
      remove(service)
    },
    renewToken(service) {
      const secret = newSecret() as TokenSecret
      store.transaction(() => {
        saveToken(service, secret, generated)
        const client = store.oauthProvider.findClientOfService(service.id)
        if (client) store.oauthProvider.saveClient({ ...client, secretHash: hashSecret(secret) })
      })
      access.forgetAll()
      return secret
    },
  }
}

/** Without a token nobody knows the secret, and no code can be exchanged. */
function clientSecretHash(
  spec: ServiceSpec,
  { command }: Service,
  known: { readonly secretHash: string } | undefined,
): string {
  const isKept = known !== undefined && isGivenToken({ ...spec, command })
  return isKept ? known.secretHash : hashSecret(spec.apiToken ?? newSecret())
}

/** @throws {HubError} InvalidInput for what would have more power than who registers it (JupyterHub: status 400). */
function checkPower(spec: ServiceSpec, issuer: ScopeSet): void {
  if (spec.admin === true && !holdsEverything(issuer))
    throw invalidInput('Only an administrator can add an admin service.')
  // It could take from everybody who opens it, unasked, what its registrar may not do.
  if (spec.oauthNoConfirm === true && !holdsEverything(issuer))
    throw invalidInput('Only an administrator can add a service that asks nobody.')
}

/** Whatever the role `admin` allows: more than that nobody can hand on. */
function holdsEverything(issuer: ScopeSet): boolean {
  const all = listScopes(expandScopes(roles.admin.scopes, {}))
  return all.every((scope) => issuer.has(scope))
}
