/** What is under way on each route, so that it ends with the route and with the hub. */
import { type Route, type Routes } from './routes.ts'

/** Ends one exchange or tunnel; `because` goes to the log. */
export type End = (because: Error) => void

export interface Live {
  /** @returns what to call when it is over. */
  add(route: Route, end: End): () => void
  endAll(because: Error): void
  readonly size: number
}

export function createLive(routes: Pick<Routes, 'onRemove'>): Live {
  const byRoute = new Map<Route, Set<End>>()

  const endRoute = (route: Route, because: Error): void => {
    const ends = byRoute.get(route) ?? []
    byRoute.delete(route)
    for (const end of [...ends]) end(because)
  }

  routes.onRemove((route) => endRoute(route, new Error('the server was stopped')))

  return {
    add(route, end) {
      const ends = byRoute.get(route) ?? new Set()
      byRoute.set(route, ends.add(end))
      return () => {
        ends.delete(end)
        if (ends.size === 0 && byRoute.get(route) === ends) byRoute.delete(route)
      }
    },
    endAll(because) {
      for (const route of [...byRoute.keys()]) endRoute(route, because)
    },
    get size() {
      return [...byRoute.values()].reduce((sum, ends) => sum + ends.size, 0)
    },
  }
}
