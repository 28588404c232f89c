/** A Unix socket in a folder of somebody else: the socket itself is reached, never what a link in its place leads to. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'

/** O_PATH, which Node has no name for: a hold on the file itself, whatever it is. @see open(2) */
const holdOnly = 0o10000000

/**
 * Calls `connect` with a path that is this very socket, for as long as `connect` runs: whoever owns the folder may put
 * something else in its place at any moment, such as a link to a socket that only the hub may reach.
 * @throws {Error} with the system's code when there is none; when it is a link, or has a second name elsewhere.
 */
export function reachSocket<Result>(file: string, connect: (path: string) => Result): Result {
  const descriptor = openSync(file, holdOnly | constants.O_NOFOLLOW)
  try {
    const facts = fstatSync(descriptor)
    if (!facts.isSocket() || facts.nlink !== 1) throw new Error(`${file} is no socket of its own`)
    return connect(`/proc/self/fd/${descriptor}`)
  } finally {
    closeSync(descriptor)
  }
}
