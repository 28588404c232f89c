/** The helper's side of the socket: calls of hubs that are not root, answered one by one. */
import { type Server, type Socket } from 'node:net'
import { asError, HubError } from '../lib/errors.ts'
import { readJsonLines, writeJsonLine } from '../lib/json-lines.ts'
import { type Log } from '../lib/log.ts'
import { version } from '../lib/version.ts'
import { type HelperCalls } from './helper-calls.ts'
import { type HelperWord, type HubWord } from './helper-words.ts'
import { type Spawner } from './spawner.ts'

export interface HelperServer {
  /** Finishes what is under way, and leaves everything else to the next helper. */
  close(): Promise<void>
}

export type HelperServerNeeds = {
  readonly calls: HelperCalls
  readonly spawner: Pick<Spawner, 'onMemoryKill'>
  readonly log: Log
}

/** Whoever waits for the end of a server asks the next helper again. */
const longCalls = ['exited']

/** @param server that listens, or soon will, where nobody but the hub can connect */
export function serveHelper(server: Server, needs: HelperServerNeeds): HelperServer {
  const { calls, log } = needs
  const peers = new Set<Socket>()
  const underWay = new Set<Promise<void>>()

  const tell = (socket: Socket, word: HelperWord): void => {
    if (socket.writable) writeJsonLine(socket, word)
  }

  const perform = async (
    socket: Socket,
    { id, call = '', given }: HubWord,
    signal: AbortSignal,
  ): Promise<void> => {
    const progress = (message: string): void => tell(socket, { id, progress: message })
    try {
      const value = await calls.perform(call, given, { signal, progress })
      tell(socket, { id, done: true, value })
    } catch (thrown) {
      if (!signal.aborted) log.warn({ call, error: asError(thrown) }, 'a call of the hub failed')
      tell(socket, { id, failed: inWords(thrown) })
    }
  }

  const welcome = (socket: Socket): void => {
    const aborts = new Map<number, AbortController>()
    peers.add(socket)
    socket.once('close', () => {
      peers.delete(socket)
      for (const abort of aborts.values()) abort.abort(new Error('the hub has gone'))
    })
    readJsonLines(socket, (line) => {
      const word = line as HubWord
      if (word.abort) aborts.get(word.id)?.abort(new Error('nobody waits for it'))
      if (word.call === undefined || typeof word.id !== 'number' || aborts.has(word.id)) return
      const abort = new AbortController()
      aborts.set(word.id, abort)
      const answered = perform(socket, word, abort.signal).then(() => {
        aborts.delete(word.id)
        underWay.delete(answered)
      })
      if (!longCalls.includes(word.call)) underWay.add(answered)
    })
    tell(socket, { version })
  }

  server.on('connection', welcome)
  needs.spawner.onMemoryKill?.((slug) => {
    for (const socket of peers) tell(socket, { memoryKill: slug })
  })

  return {
    async close() {
      server.close()
      for (const socket of peers) tell(socket, { leaving: true })
      while (underWay.size > 0) await Promise.all(underWay)
      for (const socket of peers) socket.destroySoon()
    },
  }
}

function inWords(thrown: unknown): NonNullable<HelperWord['failed']> {
  const { message } = asError(thrown)
  return thrown instanceof HubError ? { code: thrown.code, message } : { message }
}
