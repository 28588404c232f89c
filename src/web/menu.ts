/** What the bar on top leads to: services that somebody may open, and the parts of the administration. */
import { type Access, type Principal } from '../core/access.ts'
import { servicePath } from '../model/service.ts'
import { type Frame } from './views.ts'
import { type StoreReader } from '../store/store.ts'

type ServiceNeeds = {
  readonly access: Access
  readonly store: StoreReader
  readonly config: { readonly base_url: string }
}

/** Displayed, with an address, and open to this person (contract §5.12). */
export function servicesFor(
  { access, store, config }: ServiceNeeds,
  visitor: Principal | undefined,
): Frame['services'] {
  if (!visitor) return []
  return store.services
    .list()
    .filter(({ display, url }) => display && url !== undefined)
    .filter(({ name }) => access.can(visitor, 'access:services', { service: name }))
    .map(({ name }) => ({ name, url: servicePath(config.base_url, name) }))
}

/** Nobody sees a part that would turn them away. */
export function sectionsFor(
  { access, hubPath }: { readonly access: Access; readonly hubPath: string },
  visitor: Principal | undefined,
): Frame['sections'] {
  const parts = [
    { name: 'People', path: `${hubPath}admin`, scope: 'admin-ui' },
    { name: 'Groups', path: `${hubPath}admin/groups`, scope: 'list:groups' },
    { name: 'Services', path: `${hubPath}admin/services`, scope: 'list:services' },
  ]
  return parts
    .filter(({ scope }) => access.can(visitor, scope))
    .map(({ name, path }) => ({ name, path }))
}
