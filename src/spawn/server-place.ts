/** Where a server listens, and how it hears of that. */
import path from 'node:path'
import { takesSocket } from './jupyter-socket.ts'
import { type SpawnRequest } from './spawner.ts'

/** Where a server is told to listen. */
export type Place =
  | { readonly kind: 'socket'; readonly url: string; readonly socket: string }
  | { readonly kind: 'port'; readonly url: string; readonly port: number }

/** @param socket an absolute path */
export const socketPlace = (socket: string): Place => ({
  kind: 'socket',
  url: `unix:${socket}`,
  socket,
})

export const portPlace = (port: number): Place => ({
  kind: 'port',
  url: `http://127.0.0.1:${port}`,
  port,
})

/**
 * Unmodified, as it stands in the configuration; others say with `{socket}` where they want to be told the path.
 * @returns undefined when it is called like a Jupyter server, and nothing is known of it.
 */
export const listensOnSocket = (
  request: Pick<SpawnRequest, 'command' | 'environment'>,
): boolean | undefined =>
  isJupyter(request.command) ? takesSocket(request) : hasPlainSocket(request.command)

/** It says nothing about the mode of the socket that it makes. */
export const hasPlainSocket = (command: readonly string[]): boolean =>
  !isJupyter(command) && command.some((word) => word.includes('{socket}'))

const isJupyter = ([program = '']: readonly string[]): boolean =>
  ['jupyterhub-singleuser', 'jupyter-labhub'].includes(path.basename(program))

/** The words behind the program. */
export function wordsFor(place: Place, command: readonly string[]): string[] {
  const words = command.slice(1)
  if (place.kind !== 'socket') return words
  const { socket } = place
  // Whoever cannot pass through the folder reaches no socket in it, whatever its mode.
  if (isJupyter(command)) return [...words, ...jupyterWords(socket)]
  return words.map((word) => word.replaceAll('{socket}', socket))
}

/** With a port that is not the usual one, such as from a configuration in somebody's home, it takes no socket. */
const jupyterWords = (socket: string): string[] =>
  [`sock=${socket}`, 'sock_mode=0660', 'port=8888'].map((word) => `--ServerApp.${word}`)

/** Nothing can be put in the place of where it lives and what it is. */
export function environmentOf(
  { environment, prefix }: Pick<SpawnRequest, 'environment' | 'prefix'>,
  account: { readonly name: string; readonly home: string; readonly shell: string },
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
