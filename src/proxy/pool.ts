/** Connections to servers, kept for the next exchange: per target, the last one used first. */
import { connect, type Connection, type ConnectionUser } from './connection.ts'
import { type Target } from './routes.ts'

export interface Pool {
  /** @param how `fresh`: never one that has been used before. */
  acquire(target: Target, user: ConnectionUser, how: 'any' | 'fresh'): Connection
  /** Takes back a connection whose exchange is over, or closes it. @param keepAliveMs what the server promised. */
  release(target: Target, connection: Connection, keepAliveMs: number | undefined): void
  /** Closes the idle connections to a target. */
  drop(target: Target): void
  /** Closes all idle connections. */
  close(): void
  /** Open connections, in use and not. */
  readonly size: number
  readonly idle: number
}

type Idle = { readonly connection: Connection; readonly untilMs: number }

/**
 * Idle connections are used again this long where the server promised nothing: shorter than the five seconds after
 * which uvicorn and Node close theirs, since a request that meets a closing connection has to be repeated.
 */
const unpromisedKeepAliveMs = 4000

/** A promise ends earlier for us than for the server, and is not believed for ever. */
const marginMs = 1000
const longestKeepAliveMs = 30_000

/** Per target; a class that loads at once needs many, and then they would only occupy descriptors. */
const maxIdlePerTarget = 64

const sweepMs = 2000

const keys = new WeakMap<Target, string>()

/** The same for targets that are the same: a hub behind us has one for all of its routes. */
function keyOf(target: Target): string {
  const known = keys.get(target)
  if (known !== undefined) return known
  const key = JSON.stringify(target)
  keys.set(target, key)
  return key
}

export function createPool(options: { readonly connectTimeoutMs: number }): Pool {
  const idle = new Map<string, Idle[]>()
  const open = new Set<Connection>()

  const closeIdle = (key: string, isOver: (one: Idle) => boolean): void => {
    const all = idle.get(key) ?? []
    const kept = all.filter((one) => !isOver(one))
    if (kept.length === 0) idle.delete(key)
    else idle.set(key, kept)
    for (const one of all) if (isOver(one)) one.connection.destroy()
  }

  const sweep = (): void => {
    const now = Date.now()
    const isOver = ({ untilMs, connection }: Idle): boolean =>
      untilMs <= now || !connection.usable()
    for (const key of [...idle.keys()]) closeIdle(key, isOver)
  }

  const takeIdle = (target: Target): Connection | undefined => {
    const all = idle.get(keyOf(target))
    const now = Date.now()
    for (let last = all?.pop(); last; last = all?.pop()) {
      if (last.untilMs > now && last.connection.usable()) return last.connection
      last.connection.destroy()
    }
    return undefined
  }

  const timer = setInterval(sweep, sweepMs).unref()

  return {
    acquire(target, user, how) {
      const kept = how === 'any' ? takeIdle(target) : undefined
      if (kept) {
        kept.reused = true
        kept.user = user
        return kept
      }
      const onClose = (closed: Connection): void => void open.delete(closed)
      const connection = connect(target, user, { ...options, onClose })
      open.add(connection)
      return connection
    },

    release(target, connection, keepAliveMs) {
      connection.user = undefined
      const key = keyOf(target)
      const all = idle.get(key) ?? []
      const lifeMs =
        keepAliveMs === undefined
          ? unpromisedKeepAliveMs
          : Math.min(keepAliveMs - marginMs, longestKeepAliveMs)
      if (!connection.usable() || lifeMs <= 0 || all.length >= maxIdlePerTarget) {
        connection.destroy()
        return
      }
      all.push({ connection, untilMs: Date.now() + lifeMs })
      idle.set(key, all)
    },

    drop: (target) => closeIdle(keyOf(target), () => true),

    close() {
      clearInterval(timer)
      for (const key of [...idle.keys()]) closeIdle(key, () => true)
    },

    get size() {
      return open.size
    },
    get idle() {
      return [...idle.values()].reduce((sum, all) => sum + all.length, 0)
    },
  }
}
