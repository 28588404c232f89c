/** Shares: what a server's owner lets others do with it, and codes that make somebody one of them (contract §3.10). */
import { invalidInput } from '../lib/errors.ts'
import { scopeProblem } from './scope-form.ts'

export type ShareTarget =
  | { readonly kind: 'user'; readonly id: number; readonly name: string }
  | { readonly kind: 'group'; readonly id: number; readonly name: string }

/** The server that is shared; what is presented of it is the hub's. */
export type SharedServer = {
  readonly id: number
  readonly userId: number
  readonly userName: string
  readonly name: string
  readonly ready: boolean
}

export type Share = {
  readonly id: number
  readonly server: SharedServer
  readonly with: ShareTarget
  /** Each with the server's filter: `access:servers!server=ana/lab2`. */
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date | undefined
}

export type ShareCode = {
  /** JupyterHub shows it as `sc_<id>`. */
  readonly id: number
  readonly server: SharedServer
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly exchangeCount: number
  readonly lastExchangedAt: Date | undefined
}

/** What somebody gets when nothing else is said. */
export const defaultShareScopes: readonly string[] = ['access:servers']

/** How long a code is good for, in seconds. */
export const codeValidity = { shortest: 60, longest: 365 * 24 * 60 * 60, usual: 24 * 60 * 60 }

/**
 * Scopes of a share as they are stored, without their filter, each once and sorted.
 * @param server its full name: `ana/lab2`
 * @throws {HubError} InvalidInput: unknown, or about anything but this server.
 */
export function bareShareScopes(scopes: Iterable<string>, server: string): string[] {
  const bare = new Set<string>()
  for (const scope of scopes) bare.add(bareScope(scope, server))
  return [...bare].sort()
}

function bareScope(scope: string, server: string): string {
  const [name = ''] = scope.split('!', 1)
  const isOurs = scope === name || scope === `${name}!server=${server}`
  // `!server` alone would be resolved by whoever holds it.
  const problem = isOurs
    ? scopeProblem(`${name}!server=${server}`)
    : `Scope ${JSON.stringify(scope.slice(0, 100))} is not about server ${server}`
  if (problem !== undefined) throw invalidInput(problem)
  return name
}

/** With the filter that makes them about this server and nothing else. */
export const scopesOnServer = (bare: readonly string[], server: string): string[] =>
  bare.map((name) => `${name}!server=${server}`)

/** @throws {HubError} InvalidInput unless it is a whole number of seconds that a code may last. */
export function checkCodeValidity(seconds: number): void {
  const { shortest, longest } = codeValidity
  if (Number.isInteger(seconds) && seconds >= shortest && seconds <= longest) return
  throw invalidInput(`expires_in must be a whole number of seconds from ${shortest} to ${longest}`)
}
