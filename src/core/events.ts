/** Events: one function per thing worth knowing; a log line each, and never an exception. */
import { type Log } from '../lib/log.ts'
import { label } from '../model/server.ts'
import { type ActionLog } from './action-log.ts'
import { type Metrics, type SpawnReason } from './metrics.ts'

/** A server by its names. */
type Names = { readonly userName: string; readonly name: string }

export interface Events {
  loggedIn(user: string, address: string): void
  loginRefused(rawName: string, address: string, why: string): void
  loggedOut(userId: number): void
  claimed(user: string, address: string): void
  passwordSet(user: string): void
  userAdded(user: string): void
  userRemoved(user: string): void
  userRenamed(from: string, to: string): void
  rightsChanged(user: string, rights: { admin?: boolean; disabled?: boolean }): void
  serverStarted(server: Names, tookMs: number): void
  /** A start came to nothing. */
  startFailed(server: Names, failure: { why: string; exitCode?: number }, tookMs: number): void
  /** It ended by itself. */
  serverFailed(server: string, why: string, exitCode: number | undefined): void
  serverStopped(server: Names, why: string, tookMs: number): void
  startRefused(reason: SpawnReason): void
  serverRecovered(server: string): void
  tokenIssued(user: string, id: number): void
  serviceAdded(service: string): void
  serviceRemoved(service: string): void
}

/** Who hears of starts and stops besides the log. */
export type EventSinks = {
  readonly metrics?: Pick<Metrics, 'spawned' | 'stopped'>
  readonly actions?: ActionLog
}

export function createEvents(log: Log, { metrics, actions }: EventSinks = {}): Events {
  return {
    loggedIn: (user, address) => log.info({ user, address }, 'logged in'),
    loginRefused: (rawName, address, why) =>
      log.warn(
        { name: shortName(rawName), address: address.slice(0, longestAddress), why },
        'login refused',
      ),
    loggedOut: (userId) => log.info({ userId }, 'logged out'),
    claimed: (user, address) => log.warn({ user, address }, 'hub claimed by its first owner'),
    passwordSet: (user) => log.info({ user }, 'password set'),
    userAdded: (user) => log.info({ user }, 'user added'),
    userRenamed: (from, to) => log.info({ user: to, from }, 'user renamed'),
    userRemoved: (user) => log.info({ user }, 'user removed'),
    rightsChanged: (user, rights) => log.info({ user, ...rights }, 'rights changed'),
    serverStarted(server, tookMs) {
      log.info({ server: label(server), tookMs }, 'server ready')
      metrics?.spawned('success', tookMs)
      actions?.record('start', server)
    },
    startFailed(server, failure, tookMs) {
      log.warn({ server: label(server), ...failure }, 'server failed')
      metrics?.spawned('failure', tookMs)
    },
    startRefused: (reason) => metrics?.spawned('failure', 0, reason),
    serverFailed: (server, why, exitCode) => log.warn({ server, why, exitCode }, 'server failed'),
    serverStopped(server, why, tookMs) {
      log.info({ server: label(server), why }, 'server stopped')
      metrics?.stopped(tookMs)
      actions?.record('stop', server)
    },
    serverRecovered: (server) => log.info({ server }, 'server found alive again'),
    tokenIssued: (user, id) => log.info({ user, id }, 'API token issued'),
    serviceAdded: (service) => log.info({ service }, 'service added'),
    serviceRemoved: (service) => log.info({ service }, 'service removed'),
  }
}

/** With these and the longest address, the line of a refused login stays below 200 bytes (security S-08). */
const longestName = 24
const longestAddress = 45

/** What a stranger typed, safe and short enough for one log line. */
function shortName(rawName: string): string {
  const printable = rawName
    .slice(0, longestName)
    .toWellFormed()
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]|["\\]/gu, '?')
  const short = Buffer.from(printable)
    .subarray(0, longestName)
    .toString()
    .replace(/\uFFFD+$/, '')
  return short === rawName ? short : `${short}… (${rawName.length})`
}
