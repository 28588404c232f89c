/** Groups and services → JSON, by what the caller may see (contract §3.5). */
import { type ManagedServices } from '../core/managed-services.ts'
import { type Group } from '../model/group.ts'
import { type ScopeSet } from '../model/scope.ts'
import { servicePath, type Service } from '../model/service.ts'
import { pick, visibleKeys, type Json, type PresenterNeeds } from './present.ts'

export interface GroupPresenter {
  group(group: Group, viewer: ScopeSet): Json
  service(service: Service, viewer: ScopeSet): Json
}

/** What each scope shows of a group (JupyterHub: `group_model`). */
const groupKeys = {
  'read:groups': ['kind', 'name', 'properties', 'users'],
  'read:groups:name': ['kind', 'name'],
  'read:roles:groups': ['kind', 'name', 'roles'],
}

/** What each scope shows of a service (JupyterHub: `service_model`). */
const serviceKeys = {
  'read:services': ['kind', 'name', 'admin', 'url', 'prefix', 'command', 'pid', 'info', 'display'],
  'read:services:name': ['kind', 'name', 'admin'],
  'read:roles:services': ['kind', 'name', 'roles', 'admin'],
}

export function createGroupPresenter(
  needs: Pick<PresenterNeeds, 'store' | 'rights' | 'config'> & {
    readonly managedServices: Pick<ManagedServices, 'pidOf'>
  },
): GroupPresenter {
  const { store, rights, config, managedServices } = needs
  return {
    group: (shown, viewer) =>
      pick(visibleKeys(groupKeys, viewer, { group: shown.name }), {
        kind: () => 'group',
        name: () => shown.name,
        properties: () => shown.properties,
        users: () => store.groups.listMembers(shown.id),
        roles: () => rights.listRolesOfGroup(shown),
      }),
    service: (shown, viewer) =>
      pick(visibleKeys(serviceKeys, viewer, { service: shown.name }), {
        kind: () => 'service',
        name: () => shown.name,
        admin: () => shown.admin,
        url: () => shown.url ?? '',
        prefix: () => (shown.url === undefined ? '' : servicePath(config.base_url, shown.name)),
        command: () => shown.command,
        // JupyterHub: 0 for one that it does not run.
        pid: () => managedServices.pidOf(shown.name) ?? 0,
        info: () => shown.info,
        display: () => shown.display,
        roles: () => rights.listRolesOfService(shown),
      }),
  }
}
