/** Requests whose bodies come in crumbs: Node hands over each chunk by itself, and a packet of 64 KiB holds 11,000 of a byte. */
import { IncomingMessage } from 'node:http'
import { type Socket } from 'node:net'
import { cutOff } from './cut-off.ts'

/** Of bigger ones a packet holds few. */
const smallBytes = 512

/** In one turn of the event loop, each about 3 µs of work: what is behind the packet that brings more waits for the next one. */
const fewPieces = 200

/** No packet brings more, but of chunks of eleven bytes and less. */
const mostPieces = 4000

/** Small pieces of this turn, of all the requests of a connection. */
type Crumbs = { pieces: number; isCut: boolean }

const crumbs = new WeakMap<Socket, Crumbs>()

/** What a server in front of strangers makes of each request. */
export class PacedRequest extends IncomingMessage {
  override push(bytes: Buffer | null, encoding?: BufferEncoding): boolean {
    if (bytes && bytes.length <= smallBytes) countPiece(this.socket)
    // Its end may be in the same packet, and would make a whole of what is none.
    if (crumbs.get(this.socket)?.isCut) return false
    return super.push(bytes, encoding) && hasFew(this.socket)
  }

  override _read(size: number): void {
    if (hasFew(this.socket)) super._read(size)
    else setImmediate(() => super._read(size))
  }

  /** How Node throws away what follows an answer that did not wait for it: without a `push`, and as fast as it comes. */
  _dump(): void {
    this.resume()
  }
}

const hasFew = (socket: Socket): boolean => (crumbs.get(socket)?.pieces ?? 0) <= fewPieces

function countPiece(socket: Socket): void {
  const counted = crumbs.get(socket) ?? { pieces: 0, isCut: false }
  if (counted.pieces === 0) {
    crumbs.set(socket, counted)
    setImmediate(() => (counted.pieces = 0))
  }
  counted.pieces += 1
  if (counted.pieces <= mostPieces || counted.isCut) return
  counted.isCut = true
  cutOff(socket)
}
