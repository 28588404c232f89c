/** An authenticator whose options change while the hub runs: whoever holds it asks the newest. */
import { isDeepStrictEqual } from 'node:util'
import { type Authenticator } from './authenticator.ts'

export interface LiveAuthenticator {
  readonly authenticator: Authenticator
  /** Nothing happens when the options are the same. @throws {ConfigError} with the one before still in place. */
  renew(options: unknown): void
}

/** @param make always one of the same kind: another way of logging in waits for a start. */
export function createLiveAuthenticator(
  make: (options: unknown) => Authenticator,
  initial: unknown,
): LiveAuthenticator {
  let options = initial
  let current = make(initial)
  return {
    authenticator: new Proxy(current, {
      get: (_first, key): unknown => Reflect.get(current, key) as unknown,
    }),
    renew(next) {
      if (isDeepStrictEqual(next, options)) return
      current = make(next)
      options = next
    },
  }
}
