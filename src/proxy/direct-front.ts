/** Stands before a server of Node's: forwards usual requests itself, and leaves every other connection to the server. */
import { IncomingMessage, ServerResponse, type Server } from 'node:http'
import { type Socket } from 'node:net'
import { whenDue } from '../lib/turns.ts'
import { type Asker } from './exchange.ts'
import { type Admitted, type Forwarder } from './forward.ts'
import { requestHead } from './headers.ts'
import {
  createDirectClient,
  createDirectUpload,
  noUpload,
  type DirectUpload,
} from './direct-client.ts'
import { readDirectRequest, type DirectRequest } from './direct-request.ts'
import { endWith, type Held } from './held.ts'
import { type RequestFacts } from './policy.ts'
import { type StallWatch } from './stalled-bodies.ts'

export type DirectFrontNeeds = {
  readonly forwarder: Pick<Forwarder, 'exchange' | 'onFailure'>
  /** Undefined: the server is to answer. */
  readonly admit: (request: RequestFacts) => DirectAdmission | undefined
  readonly stalls?: StallWatch | undefined
}

/** `release` is called when the answer has left, or the connection is gone. */
export type DirectAdmission = Admitted & { readonly release: () => void }

/** What is left of a refused request is read this long, so that the answer is not lost to a reset. */
const lingerMs = 1000

/**
 * A connection is the server's for good with the first request that is not usual, and all bytes of that request come to
 * it: nothing is answered here but what goes through to a route. Call before anybody else listens for connections.
 */
export function serveDirectly(server: Server, needs: DirectFrontNeeds): void {
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection'
  const usual = server.listeners(event)
  server.removeAllListeners(event)
  const held = new Set<Held>()
  const handOver = (socket: Socket): void => {
    for (const listener of usual) listener.call(server, socket)
  }
  server.on(event, (socket: Socket) => hold(socket, { ...needs, server, held, handOver }))
  endWith(server, held)
}

type Place = DirectFrontNeeds & {
  readonly server: Server
  readonly held: Set<Held>
  readonly handOver: (socket: Socket) => void
}

function hold(socket: Socket, place: Place): void {
  const { server, held, admit, forwarder } = place
  let upload: DirectUpload | undefined
  /** Of the exchange under way: what to call at its end. */
  let gone: (() => void) | undefined
  /** Of whoever writes the answer: what to call when the socket takes more. */
  let drained: (() => void) | undefined
  /** `leaving`: the exchange is over, but not all of its answer has left; until then nothing more is begun. */
  let phase: 'idle' | 'asked' | 'leaving' = 'idle'
  /** The client was told that this connection carries another request. */
  let lasts = true
  /** What came behind the request under way. */
  let behind: Buffer | undefined

  const self: Held = {
    idleSinceMs: Date.now(),
    used: false,
    end: () => void socket.destroy(),
  }

  const keepAlive = (): boolean => (lasts = server.listening)
  const keepAliveSeconds = (): number => Math.floor(server.keepAliveTimeout / 1000)

  /** Of a body that the client sends. */
  const left = (): number => upload?.left ?? 0

  /** What fifty ask who come at once is begun bit by bit: whoever is there already goes on in between. */
  const first = (bytes: Buffer): void => {
    socket.off('data', first).on('data', take).pause()
    whenDue(() => {
      if (socket.destroyed) return
      socket.resume()
      take(bytes)
    })
  }

  const take = (bytes: Buffer): void => {
    if (phase === 'idle' && left() === 0) begin(bytes)
    else takeBody(bytes)
  }

  const takeBody = (bytes: Buffer): void => {
    const own = Math.min(left(), bytes.length)
    if (own > 0) upload?.take(bytes.subarray(0, own))
    if (own < bytes.length) wait(bytes.subarray(own))
    if (phase === 'idle' && left() === 0) rest()
  }

  /** No more is read than has come by now, until this one is answered. */
  const wait = (bytes: Buffer): void => {
    behind = behind ? Buffer.concat([behind, bytes]) : bytes
    socket.pause()
  }

  const begin = (bytes: Buffer): void => {
    const request = readDirectRequest(bytes)
    const facts = request && factsOf(request, socket)
    const admitted = facts && admit(facts)
    if (!admitted) {
      letGo(bytes)
      return
    }
    phase = 'asked'
    upload = undefined
    self.idleSinceMs = undefined
    self.used = true
    gone = admitted.release
    forwarder.exchange(askerFor(request, facts, admitted), admitted)
    if (bytes.length > request.headBytes) takeBody(bytes.subarray(request.headBytes))
  }

  const askerFor = (
    request: DirectRequest,
    facts: RequestFacts,
    admitted: DirectAdmission,
  ): Asker => ({
    method: request.method,
    head: (framing) =>
      requestHead(facts, {
        target: admitted.policy.plain?.target ?? request.url,
        policy: admitted.policy,
        framing,
      }),
    openUpload(needs) {
      if (request.contentLength === undefined) return noUpload
      return (upload = createDirectUpload(socket, request.contentLength, needs))
    },
    openClient(needs) {
      drained = needs.onDrain
      return createDirectClient(socket, {
        scope: needs.scope,
        keepAlive,
        keepAliveSeconds,
        onEnd: finish,
      })
    },
    onGone(listener) {
      gone = () => {
        admitted.release()
        listener()
      }
    },
    cut: () => void socket.destroy(),
    fail(failure) {
      const isWhole = left() === 0 && server.listening
      // Nobody reads any further then: what still comes is thrown away.
      if (!isWhole) socket.off('data', take).resume()
      const [standIn, response] = standIns(facts, socket)
      response.shouldKeepAlive = isWhole
      // Which Node's server tells to the answers that it has made.
      drained = () => {
        if (response.writableNeedDrain) response.emit('drain')
      }
      response.once('finish', () => {
        response.detachSocket(socket)
        if (isWhole) finish()
        else endSlowly(socket)
      })
      forwarder.onFailure(standIn, response, failure)
    },
  })

  /** The exchange tells the end before it has come to its own: what follows begins in the next turn. */
  const finish = (): void => {
    process.nextTick(() => {
      if (socket.destroyed) return
      drained = undefined
      phase = 'leaving'
      whenSent(socket, haveSent)
    })
  }

  const haveSent = (): void => {
    if (socket.destroyed) return
    phase = 'idle'
    endExchange()
    if (left() === 0 || !goesOn()) rest()
  }

  const goesOn = (): boolean => lasts && server.listening

  /** Nothing is under way, but for what is left of a body when the connection ends here. */
  const rest = (): void => {
    if (!goesOn()) {
      socket.off('data', take).resume()
      endSlowly(socket)
      return
    }
    self.idleSinceMs = Date.now()
    upload = undefined
    const bytes = behind
    behind = undefined
    // Paused also for the last of a body, which nobody takes once it is answered.
    if (socket.isPaused()) socket.resume()
    if (bytes) begin(bytes)
  }

  const leave = (): void => {
    held.delete(self)
    unwatch?.()
    endExchange()
  }

  /** Once for each exchange: its place is free, and it is over if it was not. */
  const endExchange = (): void => {
    const over = gone
    gone = undefined
    over?.()
  }

  /** Whoever says that they send no more does not wait for an answer either. */
  const end = (): void => {
    if (phase === 'asked') socket.destroy()
    else socket.end()
  }
  const drain = (): void => {
    drained?.()
  }
  const fail = (): void => void socket.destroy()

  const letGo = (bytes: Buffer): void => {
    held.delete(self)
    unwatch?.()
    socket.off('data', take).off('end', end).off('close', leave).off('drain', drain)
    // Flowing again only once the server listens: it reads these bytes before all others.
    socket.pause()
    socket.unshift(bytes)
    place.handOver(socket)
    socket.off('error', fail)
    socket.resume()
  }

  const unwatch = place.stalls?.watch({
    socket,
    state() {
      if (socket.isPaused() || phase === 'leaving') return 'held'
      return left() > 0 ? 'awaited' : undefined
    },
  })
  held.add(self)
  socket.on('data', first).on('end', end).on('close', leave).on('drain', drain).on('error', fail)
}

const factsOf = (request: DirectRequest, socket: Socket): RequestFacts => ({
  method: request.method,
  url: request.url,
  headers: request.headers,
  headersDistinct: { host: [request.headers.host ?? ''] },
  rawHeaders: request.rawHeaders,
  httpVersion: '1.1',
  socket,
})

/** Node's objects for an answer that is not forwarded. */
function standIns(facts: RequestFacts, socket: Socket): [IncomingMessage, ServerResponse] {
  const request = new IncomingMessage(socket)
  request.method = facts.method
  request.url = facts.url
  request.headers = facts.headers
  request.rawHeaders = facts.rawHeaders
  request.httpVersionMajor = 1
  request.httpVersionMinor = 1
  request.httpVersion = facts.httpVersion
  const response = new ServerResponse(request)
  response.assignSocket(socket)
  return [request, response]
}

/**
 * An empty write is over when everything before it is. TLS tells of what it could write at once in the next turn; what
 * has been ended closes by itself.
 */
function whenSent(socket: Socket, next: () => void): void {
  const look = (): void => {
    if (socket.writableLength === 0) next()
    else if (!socket.writableEnded) socket.write('', next)
  }
  if (socket.writableLength === 0) next()
  else setImmediate(look)
}

function endSlowly(socket: Socket): void {
  socket.end()
  setTimeout(() => socket.destroy(), lingerMs).unref()
}
