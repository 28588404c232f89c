/** What is under way on each route, so that it ends with the route and with the hub. */
import { createBag } from '../lib/bag.ts'
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
  const underWay = createBag<{ readonly route: Route; readonly end: End; at: number }>()

  const endThose = (because: Error, on?: Route): void => {
    for (const one of underWay.list()) {
      if (on && one.route !== on) continue
      underWay.remove(one)
      one.end(because)
    }
  }

  routes.onRemove((route) => endThose(new Error('the server was stopped'), route))

  return {
    add(route, end) {
      const one = { route, end, at: 0 }
      underWay.add(one)
      return () => void underWay.remove(one)
    },
    endAll: (because) => endThose(because),
    get size() {
      return underWay.size
    },
  }
}
