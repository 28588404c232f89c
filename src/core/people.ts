/** The verbs about groups, roles, services, shares and auth states, built together. */
import path from 'node:path'
import { type Config } from '../config/schema.ts'
import { readKeys } from '../config/secrets.ts'
import { type Log } from '../lib/log.ts'
import { createSealer, type Sealer } from '../lib/sealer.ts'
import { type Clock } from '../lib/time.ts'
import { type GroupsOf } from '../model/scope.ts'
import { type Service } from '../model/service.ts'
import { serviceEnvironment } from '../spawn/service-environment.ts'
import { createServiceProcesses } from '../spawn/service-process.ts'
import { type Routes } from '../proxy/routes.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'
import { type Events } from './events.ts'
import { createAuthStates, type AuthStates } from './auth-states.ts'
import { createGroups, type GroupVerbs } from './groups.ts'
import { createManagedServices, type ManagedServices } from './managed-services.ts'
import { createRights, type RightsReader } from './rights.ts'
import { createRoles, type RoleVerbs } from './roles.ts'
import { type Schedule } from './schedule.ts'
import { createServiceWatch, type ServiceWatch } from './service-watch.ts'
import { createServices, type ServiceVerbs } from './services.ts'
import { createShares, type ShareVerbs } from './shares.ts'
import { type UserVerbs } from './users.ts'

export type People = {
  readonly groups: GroupVerbs
  readonly rights: RightsReader
  readonly roles: RoleVerbs
  readonly services: ServiceVerbs
  readonly shares: ShareVerbs
  readonly managedServices: ManagedServices
  readonly serviceWatch: ServiceWatch
  readonly authStates: AuthStates
}

export type PeopleNeeds = {
  readonly store: Store
  readonly routes: Routes
  readonly clock: Clock
  readonly access: Access
  readonly events: Events
  readonly users: Pick<UserVerbs, 'add'>
  readonly groupsOf: GroupsOf
  readonly config: Config
  readonly cryptKeys: string
  readonly log: Log
  readonly schedule: Schedule
  /** Where the hub's API listens for servers and services. */
  readonly internalPort: () => number
}

export function createPeople(needs: PeopleNeeds): People {
  const { config } = needs
  const rights = createRights(needs)
  const services = createServices({ ...needs, rights, baseUrl: config.base_url })
  return {
    groups: createGroups(needs),
    rights,
    roles: createRoles({ ...needs, addUser: (name) => needs.users.add(name, { admin: false }) }),
    services,
    shares: createShares(needs),
    authStates: createAuthStates({ ...needs, sealer: sealerOf(needs) }),
    managedServices: createManagedServices({
      ...needs,
      services,
      processes: createServiceProcesses({ dataDir: config.data_dir, log: needs.log }),
      environment: (service, given) => environmentOf(service, given, needs),
    }),
    serviceWatch: createServiceWatch({ ...needs, baseUrl: config.base_url }),
  }
}

function sealerOf({ config, cryptKeys }: PeopleNeeds): Sealer | undefined {
  if (!config.auth.enable_auth_state) return undefined
  return createSealer(readKeys(path.join(config.data_dir, 'auth-state-keys'), cryptKeys))
}

function environmentOf(
  service: Service,
  given: { readonly more: Readonly<Record<string, string>>; readonly secret: string },
  { store, config, internalPort }: PeopleNeeds,
): Record<string, string> {
  const client = store.oauthProvider.findClientOfService(service.id)
  return serviceEnvironment({ config, service, client, ...given, internalPort: internalPort() })
}
