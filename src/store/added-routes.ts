/** Added routes, by path. */
import { type AddedRoute, type AddedRouteData } from '../model/added-route.ts'
import { type Database } from './database.ts'
import { fromJson, toDate, toJson } from './rows.ts'

export interface AddedRoutes {
  list(): AddedRoute[]
  /** In the place of what there was of this path. */
  save(route: AddedRoute): void
  remove(path: string): void
}

type RouteRow = { readonly path: string; readonly data: string; readonly used_at: number }

export function createAddedRoutes(database: Database): AddedRoutes {
  const all = database.prepare<RouteRow>('select path, data, used_at from added_routes')
  const save = database.prepare(`
    insert into added_routes (path, data, used_at) values (:path, :data, :usedAt)
    on conflict (path) do update set data = excluded.data, used_at = excluded.used_at`)
  const remove = database.prepare('delete from added_routes where path = ?')
  return {
    list: () => all.all([]).map(toRoute),
    save: ({ path, data, usedAt }) =>
      void save.run({ path, data: toJson(data), usedAt: usedAt.getTime() }),
    remove: (path) => void remove.run([path]),
  }
}

const toRoute = ({ path, data, used_at }: RouteRow): AddedRoute => ({
  path,
  data: fromJson(data) as AddedRouteData,
  usedAt: toDate(used_at),
})
