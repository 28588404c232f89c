/** One exchange under way: the request goes up, the response comes down, and an end on one side ends the other. */
import { whenDue } from '../lib/turns.ts'
import { type Client, type ClientNeeds } from './client.ts'
import {
  ConnectTimeoutError,
  QuietError,
  type Connection,
  type ConnectionUser,
} from './connection.ts'
import { responseScope } from './headers.ts'
import { type Live } from './live.ts'
import { type ExchangePolicy } from './policy.ts'
import { type Pool } from './pool.ts'
import { GarbageError, type ResponseHead } from './response-head.ts'
import { createResponseParser, type ResponseParser } from './response-parser.ts'
import { type Route, type Routes } from './routes.ts'
import { type Upload, type UploadNeeds } from './upload.ts'

/** Why nothing came back. `refused`: nobody listens there; the server's process may be gone. */
export type UpstreamFailure = {
  readonly route: Route
  readonly kind: 'refused' | 'timeout' | 'broken' | 'garbage'
  readonly cause: Error
}

export type ExchangeNeeds = {
  readonly routes: Routes
  readonly pool: Pool
  readonly live: Live
}

/** Who asks: through Node's objects, or straight on a socket. */
export interface Asker {
  readonly method: string
  /** The head of the request as it goes upstream. @param framing the lines that announce its body */
  head(framing: string): string
  /** Called once, before anything else. */
  openUpload(needs: UploadNeeds): Upload
  openClient(needs: ClientNeeds): Client
  /** `listener` runs when nobody waits for the answer any more; after a whole one as well. */
  onGone(listener: () => void): void
  /** Ends its connection at once. */
  cut(): void
  /** Answers in the server's place; nothing has been answered yet. */
  fail(failure: UpstreamFailure): void
}

export type Parties = {
  readonly asker: Asker
  readonly route: Route
  readonly policy: ExchangePolicy
}

/** Repeating one of these does no harm (RFC 9110 §9.2.2), where no body would have to be sent again. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

export function startExchange(needs: ExchangeNeeds, parties: Parties): void {
  const { asker, route, policy } = parties
  const { pool, routes } = needs
  const { method } = asker
  let over = false
  let answer: ResponseHead | undefined
  let connection: Connection
  let parser: ResponseParser

  const upload = asker.openUpload({
    write: (bytes) => connection.write(bytes),
    pass: (bytes) => connection.pass(bytes),
    onProgress: () => routes.touch(route),
  })
  const client = asker.openClient({
    scope: responseScope(route, policy),
    onDrain: () => {
      if (!over && !client.isFull()) connection.resume()
    },
  })

  const newParser = (): ResponseParser =>
    createResponseParser(method, {
      head(head) {
        if (head.status === 101) throw new GarbageError('switched protocols unasked')
        client.head(head)
        answer = head
        // Whoever refuses and closes reads no more; sending on would only cause a reset that hides the answer.
        if (head.status >= 400 && !head.keepAlive) upload.stop()
      },
      body: client.body,
      complete: client.end,
    })

  const user: ConnectionUser = {
    bytes(bytes) {
      const taken = over ? 0 : parse(bytes)
      if (over) return false
      if (client.holdsBytes()) connection.keepBuffer()
      if (parser.complete) {
        settle(taken === bytes.length)
        return true
      }
      noteUse()
      if (client.begun) client.flush()
      return !client.isFull()
    },
    ended() {
      if (over) return
      if (endParser()) settle(false)
      else fail('broken', new Error('the server closed the connection before its answer was whole'))
    },
    drained: upload.resume,
    closed(error) {
      if (over) return
      const kind = kindOf(error)
      // A body of which the server has not read all makes its close a reset: still the end of what it says to that.
      if (kind === 'broken' && hasRefused() && endParser()) settle(false)
      else fail(kind, error ?? new Error('the server closed the connection'))
    },
  }

  const parse = (bytes: Buffer): number => {
    try {
      return parser.push(bytes)
    } catch (error) {
      if (!over) fail('garbage', asGarbage(error))
      return bytes.length
    }
  }

  /** A download may last for hours. A flood of refusals and redirects is no use (as with configurable-http-proxy). */
  const noteUse = (): void => {
    if (answer && answer.status < 300) routes.touch(route)
  }

  const hasRefused = (): boolean => upload.hasBegun && answer !== undefined && answer.status >= 400

  const endParser = (): boolean => {
    try {
      return parser.end()
    } catch {
      return false
    }
  }

  /** The server may close a kept connection just as we choose it: what could not be repeated then gets one of its own. */
  const mayRepeat = idempotent.has(method) && upload.isDone

  const begin = (how: 'any' | 'fresh'): void => {
    parser = newParser()
    connection = pool.acquire(route.target, user, how)
    if (policy.quietMs !== undefined) connection.limitQuiet(policy.quietMs)
    if (!upload.isDone) connection.gather()
    connection.write(asker.head(upload.framing))
  }

  /** The response is whole. @param clean no byte came behind it. */
  const settle = (clean: boolean): void => {
    leave()
    noteUse()
    if (clean && answer?.keepAlive && upload.isDone) {
      if (policy.quietMs !== undefined) connection.limitQuiet(0)
      pool.release(route.target, connection, answer.keepAliveMs)
      return
    }
    upload.stop()
    connection.destroy()
  }

  const fail = (kind: UpstreamFailure['kind'], cause: Error): void => {
    // It has not seen the request, or it may see it twice.
    if (kind === 'broken' && connection.reused && !parser.started) {
      connection.user = undefined
      connection.destroy()
      begin('fresh')
      return
    }
    giveUp(kind, cause)
  }

  const giveUp = (kind: UpstreamFailure['kind'], cause: Error): void => {
    leave()
    upload.stop()
    connection.destroy()
    if (client.begun) client.abort()
    else asker.fail({ route, kind, cause })
  }

  /** The kernel frees megabytes of what a slow reader leaves behind: of fifty who leave at once, bit by bit. */
  const abandon = (): void => {
    leave()
    upload.stop()
    asker.cut()
    whenDue(() => connection.destroy())
  }

  const leave = (): void => {
    over = true
    release()
    if (policy.right) policy.right.onEnd = undefined
  }

  const release = needs.live.add(route, (because) =>
    client.begun ? abandon() : giveUp('broken', because),
  )
  if (policy.right) policy.right.onEnd = abandon
  asker.onGone(() => {
    if (!over) abandon()
  })
  begin(mayRepeat ? 'any' : 'fresh')
  upload.start()
}

function kindOf(error: Error | undefined): UpstreamFailure['kind'] {
  if (error instanceof ConnectTimeoutError || error instanceof QuietError) return 'timeout'
  const code = error && 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return 'refused'
  return code === 'ETIMEDOUT' ? 'timeout' : 'broken'
}

const asGarbage = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new GarbageError(String(thrown))
