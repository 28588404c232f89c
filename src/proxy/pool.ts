/** Connections to servers, kept for the next exchange: per route, the last one used first. */
import { connect, type Connection, type ConnectionUser } from './connection.ts'
import { type Route } from './routes.ts'

export interface Pool {
  /** @param how `fresh`: never one that has been used before. */
  acquire(route: Route, user: ConnectionUser, how: 'any' | 'fresh'): Connection
  /** Takes back a connection whose exchange is over, or closes it. @param keepAliveMs what the server promised. */
  release(route: Route, connection: Connection, keepAliveMs: number | undefined): void
  /** Closes the idle connections of a route. */
  drop(route: Route): void
  /** Closes all idle connections. */
  close(): void
  /** Open connections, in use and not. */
  readonly size: number
  readonly idle: number
}

type Idle = { readonly connection: Connection; readonly untilMs: number }

/**
 * Idle connections are used again this long where the server promised nothing: shorter than the five seconds after
 * which uvicorn and Node close theirs, since a POST that meets a closing connection cannot be repeated.
 */
const unpromisedKeepAliveMs = 4000

/** A promise ends earlier for us than for the server, and is not believed for ever. */
const marginMs = 1000
const longestKeepAliveMs = 30_000

/** Per route; a class that loads at once needs many, and then they would only occupy descriptors. */
const maxIdlePerRoute = 64

const sweepMs = 2000

export function createPool(options: { readonly connectTimeoutMs: number }): Pool {
  const idle = new Map<Route, Idle[]>()
  const open = new Set<Connection>()

  const closeIdle = (route: Route, isOver: (one: Idle) => boolean): void => {
    const all = idle.get(route) ?? []
    const kept = all.filter((one) => !isOver(one))
    if (kept.length === 0) idle.delete(route)
    else idle.set(route, kept)
    for (const one of all) if (isOver(one)) one.connection.destroy()
  }

  const sweep = (): void => {
    const now = Date.now()
    const isOver = ({ untilMs, connection }: Idle): boolean =>
      untilMs <= now || !connection.usable()
    for (const route of [...idle.keys()]) closeIdle(route, isOver)
  }

  const takeIdle = (route: Route): Connection | undefined => {
    const all = idle.get(route)
    const now = Date.now()
    for (let last = all?.pop(); last; last = all?.pop()) {
      if (last.untilMs > now && last.connection.usable()) return last.connection
      last.connection.destroy()
    }
    return undefined
  }

  const timer = setInterval(sweep, sweepMs).unref()

  return {
    acquire(route, user, how) {
      const kept = how === 'any' ? takeIdle(route) : undefined
      if (kept) {
        kept.reused = true
        kept.user = user
        return kept
      }
      const onClose = (closed: Connection): void => void open.delete(closed)
      const connection = connect(route.target, user, { ...options, onClose })
      open.add(connection)
      return connection
    },

    release(route, connection, keepAliveMs) {
      connection.user = undefined
      const all = idle.get(route) ?? []
      const lifeMs =
        keepAliveMs === undefined
          ? unpromisedKeepAliveMs
          : Math.min(keepAliveMs - marginMs, longestKeepAliveMs)
      if (!connection.usable() || lifeMs <= 0 || all.length >= maxIdlePerRoute) {
        connection.destroy()
        return
      }
      all.push({ connection, untilMs: Date.now() + lifeMs })
      idle.set(route, all)
    },

    drop: (route) => closeIdle(route, () => true),

    close() {
      clearInterval(timer)
      for (const route of [...idle.keys()]) closeIdle(route, () => true)
    },

    get size() {
      return open.size
    },
    get idle() {
      return [...idle.values()].reduce((sum, all) => sum + all.length, 0)
    },
  }
}
