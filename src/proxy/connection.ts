/** One connection to a server: a socket that reads into a buffer of its own. */
import { connect as connectPlain, isIP, Socket, type TcpNetConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { asError, errorCode } from '../lib/errors.ts'
import { reachSocket } from '../lib/socket-file.ts'
import { giveBack } from './give-back.ts'
import { bigReadBytes, ReadBuffer } from './read-buffer.ts'
import { type Target } from './routes.ts'
import { bytesWorth, createTurnShare } from './turn-share.ts'

/** Who uses a connection at the moment. */
export type ConnectionUser = {
  /**
   * @param bytes the user's until this returns, and longer only after `keepBuffer`.
   * @returns false to stop reading until `resume`.
   */
  bytes(bytes: Buffer): boolean
  /** The server sends no more. */
  ended(): void
  /** What was written has left, after `write` had returned false. */
  drained(): void
  /** The last call. Without an error when the end was orderly. */
  closed(error: Error | undefined): void
}

export interface Connection {
  /** False as in streams: wait for `drained`. */
  write(bytes: Buffer | string): boolean
  /** The same for bytes as a socket has given them, which nobody looks at any more. */
  pass(bytes: Buffer): boolean
  /** What is written until the end of this turn leaves in one packet. */
  gather(): void
  /** Says that nothing more will be written. */
  end(): void
  /** The bytes that the user was given are still needed: the next ones go into another buffer. */
  keepBuffer(): void
  resume(): void
  destroy(): void
  /** After so many milliseconds without a byte in either direction it ends, with a `QuietError`; 0: never. */
  limitQuiet(ms: number): void
  /** Whom events go to; undefined: idle, and then any byte ends the connection. */
  user: ConnectionUser | undefined
  /** It has carried an exchange before, so the server may have closed it meanwhile. */
  reused: boolean
  usable(): boolean
}

export type ConnectionOptions = {
  readonly connectTimeoutMs: number
  /** Of the buffer it begins with. */
  readonly firstBufferBytes?: number
  /** Called once, at the very end. */
  readonly onClose: (connection: Connection) => void
}

/** A small answer fits. */
const firstBufferBytes = 16 * 1024

/** A peer that vanished without a word is noticed by the kernel's probes. */
const keepAliveProbeMs = 60_000

export class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError'
}

export class QuietError extends Error {
  override readonly name = 'QuietError'
}

/** One for the whole process, as there is one event loop. */
const share = createTurnShare()

export const connect = (
  target: Target,
  user: ConnectionUser,
  options: ConnectionOptions,
): Connection => new SocketConnection(target, user, options)

/** A class: a function for each of its methods would be 56 bytes in every idle WebSocket. */
class SocketConnection implements Connection {
  user: ConnectionUser | undefined
  reused = false
  readonly #socket: Socket
  readonly #reading: ReadBuffer
  readonly #isTls: boolean
  #paused = false
  #answerBytes = 0
  #failure: Error | undefined
  /** What was passed on last, and has filled the socket's queue. */
  #underWay: Buffer | undefined

  constructor(target: Target, user: ConnectionUser, options: ConnectionOptions) {
    const reading = new ReadBuffer(options.firstBufferBytes ?? firstBufferBytes, share.readBytes)
    this.user = user
    this.#reading = reading
    this.#isTls = Boolean(target.tls)
    this.#socket = open(target, {
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveProbeMs,
      onread: { buffer: () => reading.next(), callback: (length) => this.#read(length) },
    })
    readOnWhenWritesFail(this.#socket)
    this.#limitConnecting(options.connectTimeoutMs)
    this.#listen(options.onClose)
  }

  #limitConnecting(connectTimeoutMs: number): void {
    const socket = this.#socket
    const timer = setTimeout(() => {
      socket.destroy(new ConnectTimeoutError(`no connection within ${connectTimeoutMs} ms`))
    }, connectTimeoutMs)
    const stop = (): void => {
      clearTimeout(timer)
      socket.off('secureConnect', stop).off('connect', stop).off('close', stop)
    }
    socket.on(this.#isTls ? 'secureConnect' : 'connect', stop).on('close', stop)
  }

  #listen(onClose: ConnectionOptions['onClose']): void {
    const socket = this.#socket
    socket.on('drain', () => {
      if (this.#underWay) giveBack(this.#underWay)
      this.#underWay = undefined
      this.user?.drained()
    })
    socket.on('error', (error) => (this.#failure = error))
    socket.on('timeout', tooQuiet)
    socket.on('end', () => {
      const failed = writeFailures.get(socket)
      if (this.user && !failed) this.user.ended()
      else socket.destroy(failed)
    })
    socket.on('close', () => {
      onClose(this)
      this.user?.closed(this.#failure)
      this.user = undefined
    })
  }

  /** @returns false to read no further for now */
  #read(length: number): boolean {
    this.#answerBytes += length
    const isBig = length >= bigReadBytes
    const beganMs = isBig ? performance.now() : 0
    this.#paused = !this.#receive(this.#reading.filled(length))
    // TLS goes on with what it has decrypted.
    if (this.#paused && !this.#isTls) this.#reading.held()
    if (this.user === undefined) this.#noteAnswer()
    if (this.#paused || !isBig) return !this.#paused
    const worth = Math.max(this.#reading.nextBytes(), bytesWorth(beganMs))
    return share.take(worth, () => this.#goOn())
  }

  #receive(bytes: Buffer): boolean {
    if (this.user) return this.user.bytes(bytes)
    // Nobody asked: whatever this is, it must not answer the next exchange.
    this.#socket.destroy()
    return true
  }

  #noteAnswer(): void {
    if (this.#answerBytes <= firstBufferBytes) share.small()
    this.#answerBytes = 0
  }

  #goOn(): void {
    if (!this.#paused) this.#socket.resume()
  }

  write(bytes: Buffer | string): boolean {
    const socket = this.#socket
    return typeof bytes === 'string' ? socket.write(bytes, 'latin1') : socket.write(bytes)
  }

  pass(bytes: Buffer): boolean {
    const more = this.#socket.write(bytes)
    if (this.#socket.writableLength === 0) giveBack(bytes)
    else if (!more) this.#underWay = bytes
    return more
  }

  gather(): void {
    const socket = this.#socket
    socket.cork()
    process.nextTick(() => socket.uncork())
  }

  end(): void {
    this.#socket.end()
  }

  keepBuffer(): void {
    this.#reading.keep()
  }

  resume(): void {
    this.#paused = false
    const isItsTurn = share.wake(this.#reading.nextBytes(), () => this.#goOn())
    if (isItsTurn) this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  limitQuiet(ms: number): void {
    this.#socket.setTimeout(ms)
  }

  usable(): boolean {
    const socket = this.#socket
    const isOpen = !socket.connecting && socket.writable && socket.readable
    return isOpen && !this.#paused && socket.writableLength === 0
  }
}

function tooQuiet(this: Socket): void {
  this.destroy(new QuietError('nothing came or went for too long'))
}

/** After these there is an end to be read. */
const goneCodes = new Set(['EPIPE', 'ECONNRESET'])

/** Why servers take no more from these. */
const writeFailures = new WeakMap<Socket, Error>()

type Written = (error?: Error | null) => void

/**
 * A server may answer and close before it has read everything. Node ends a socket with the first write that fails, and
 * what has come by then is lost; so such a write stays under way, until all is read. That end is not an orderly one: the
 * kernel tells a reset only once, to the write, and then like an end.
 */
function readOnWhenWritesFail(socket: Socket): void {
  socket._write = writeOn
  socket._writev = writeAllOn
}

// Shared by all: each idle WebSocket has two sockets, and a closure takes more of it than of a write.
function writeOn(this: Socket, ...[bytes, encoding, done]: Parameters<Socket['_write']>): void {
  Socket.prototype._write.call(this, bytes, encoding, listening(this, done))
}

function writeAllOn(
  this: Socket,
  ...[all, done]: Parameters<NonNullable<Socket['_writev']>>
): void {
  Socket.prototype._writev?.call(this, all, listening(this, done))
}

const listening =
  (socket: Socket, done: Written): Written =>
  (error) => {
    if (error && goneCodes.has(errorCode(error) ?? '')) writeFailures.set(socket, error)
    else done(error)
  }

function open(target: Target, options: Partial<TcpNetConnectOpts>): Socket {
  const { host: named, port, tls, socket: path } = target
  if (path !== undefined)
    return target.isForeign ? openForeign(path, options) : connectPlain({ ...options, path })
  const host = named.replace(/^\[(.*)\]$/, '$1')
  if (!tls) return connectPlain({ ...options, host, port })
  // RFC 6066 §3: a name, never an address.
  const servername = isIP(host) > 0 ? '' : host
  const trust = tls === true ? {} : tls
  return connectTls({ ...options, ...trust, host, port, servername, ALPNProtocols: ['http/1.1'] })
}

/** What is wrong is told as with any other connection: by an event. */
function openForeign(file: string, options: Partial<TcpNetConnectOpts>): Socket {
  try {
    return reachSocket(file, (path) => connectPlain({ ...options, path }))
  } catch (thrown) {
    return new Socket().destroy(asError(thrown))
  }
}
