/** Where a server that runs as a unit listens, and how it hears of that. */
import path from 'node:path'
import { type SpawnRequest } from './spawner.ts'
import { type UnixAccount } from './unix-accounts.ts'

/** Where a server is told to listen. */
export type Place =
  | { readonly kind: 'socket'; readonly url: string; readonly socket: string }
  | { readonly kind: 'port'; readonly url: string; readonly port: number }

/** Unmodified, as it stands in the configuration; others say with `{socket}` where they want to be told the path. */
export const listensOnSocket = (command: readonly string[]): boolean =>
  isSingleuser(command) || hasPlainSocket(command)

/** It says nothing about the mode of the socket that it makes. */
export const hasPlainSocket = (command: readonly string[]): boolean =>
  !isSingleuser(command) && command.some((word) => word.includes('{socket}'))

const isSingleuser = ([program = '']: readonly string[]): boolean =>
  path.basename(program) === 'jupyterhub-singleuser'

/** The words behind the program. */
export function wordsFor(place: Place, command: readonly string[]): string[] {
  const words = command.slice(1)
  if (place.kind !== 'socket') return words
  const { socket } = place
  // Whoever cannot pass through the folder reaches no socket in it, whatever its mode.
  if (isSingleuser(command))
    return [...words, `--ServerApp.sock=${socket}`, '--ServerApp.sock_mode=0660']
  return words.map((word) => word.replaceAll('{socket}', socket))
}

/** Nothing can be put in the place of where it lives and what it is. */
export function environmentOf(
  { environment, prefix }: SpawnRequest,
  account: UnixAccount,
  place: Place,
): Record<string, string> {
  return {
    ...environment,
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    SHELL: environment['SHELL'] ?? account.shell,
    // Without a host and a port: a Jupyter server that is told those takes no socket.
    JUPYTERHUB_SERVICE_URL: `${place.kind === 'socket' ? 'unix:' : place.url}${prefix}`,
  }
}
