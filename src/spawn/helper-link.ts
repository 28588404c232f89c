/** One connection of the hub to its helper: calls by their number, until it ends. */
import { connect } from 'node:net'
import { HubError } from '../lib/errors.ts'
import { readJsonLines, writeJsonLine } from '../lib/json-lines.ts'
import { type HelperWord } from './helper-words.ts'

/** Where systemd listens for the helper, and only the hub's own account can connect. */
export const helperSocket = '/run/littlehub-spawner.sock'

export type AskHow = {
  readonly signal?: AbortSignal
  readonly progress?: (message: string) => void
}

export interface HelperLink {
  /** Of the helper, as soon as it has said so. @throws {LinkLost} */
  readonly version: Promise<string>
  /** @throws {LinkLost} or what the helper throws, or the signal's reason. */
  ask(call: string, given: object, how?: AskHow): Promise<unknown>
  close(): void
}

export type HelperLinkNeeds = {
  readonly socket: string
  onMemoryKill(slug: string): void
  /** Nothing more is to be asked over this one. */
  onLeave(link: HelperLink): void
}

/** The helper has ended, or was not there. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost'
  /** Whether it may have heard what it was asked. */
  readonly heard: boolean

  constructor(heard: boolean, cause: unknown) {
    super('the helper of the hub does not answer', { cause })
    this.heard = heard
  }
}

type Waiting = {
  readonly take: (value: unknown) => void
  readonly fail: (error: Error) => void
  readonly progress: (message: string) => void
}

export function openHelperLink(needs: HelperLinkNeeds): HelperLink {
  const socket = connect(needs.socket)
  const waiting = new Map<number, Waiting>()
  const { promise: version, resolve: greeted, reject: notGreeted } = Promise.withResolvers<string>()
  version.catch(() => undefined)
  let next = 1
  let connected = false
  let fault: Error | undefined

  const hear = (word: HelperWord): void => {
    if (word.version !== undefined) greeted(word.version)
    if (word.memoryKill !== undefined) needs.onMemoryKill(word.memoryKill)
    if (word.leaving) needs.onLeave(link)
    const asked = waiting.get(word.id ?? 0)
    if (asked) tell(asked, word)
  }

  const lost = (): LinkLost => new LinkLost(connected, fault)

  socket.once('connect', () => (connected = true))
  socket.on('error', (error) => (fault = error))
  socket.once('close', () => {
    needs.onLeave(link)
    notGreeted(lost())
    for (const { fail } of [...waiting.values()]) fail(lost())
  })
  readJsonLines(socket, hear)

  const ask = (call: string, given: object, how: AskHow): Promise<unknown> => {
    const { signal, progress = () => undefined } = how
    const id = next++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const abort = (): void => writeJsonLine(socket, { id, abort: true })
    signal?.addEventListener('abort', abort, { once: true })
    waiting.set(id, { take: resolve, fail: reject, progress })
    writeJsonLine(socket, { id, call, given })
    return promise.finally(() => {
      waiting.delete(id)
      signal?.removeEventListener('abort', abort)
    })
  }

  const link: HelperLink = {
    version,
    async ask(call, given, how = {}) {
      how.signal?.throwIfAborted()
      if (socket.destroyed) throw lost()
      try {
        return await ask(call, given, how)
      } catch (thrown) {
        how.signal?.throwIfAborted()
        throw thrown
      }
    },
    close: () => void socket.destroy(),
  }
  return link
}

function tell({ take, fail, progress }: Waiting, word: HelperWord): void {
  if (word.progress !== undefined) progress(word.progress)
  if (word.done) take(word.value)
  if (word.failed) fail(errorOf(word.failed))
}

const errorOf = ({ code, message }: NonNullable<HelperWord['failed']>): Error =>
  code === undefined ? new Error(message) : new HubError(code, message)
