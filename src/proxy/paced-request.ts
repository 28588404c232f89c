/** Requests whose bodies come in crumbs: Node hands over each chunk by itself, and a packet of 64 KiB holds 11,000 of a byte. */
import { IncomingMessage } from 'node:http'
import { cutOff } from './cut-off.ts'

/** Of bigger ones a packet holds few. */
const smallBytes = 512

/** In one turn of the event loop, each about 3 µs of work: what is behind the packet that brings more waits for the next one. */
const fewPieces = 200

/** No packet brings more, but of chunks of eleven bytes and less. */
const mostPieces = 4000

/** What a server in front of strangers makes of each request. */
export class PacedRequest extends IncomingMessage {
  /** Small ones of this turn. */
  private pieces = 0
  private isCut = false

  override push(bytes: Buffer | null, encoding?: BufferEncoding): boolean {
    if (bytes && bytes.length <= smallBytes) this.countPiece()
    // Its end may be in the same packet, and would make a whole of what is none.
    if (this.isCut) return false
    return super.push(bytes, encoding) && this.pieces <= fewPieces
  }

  override _read(size: number): void {
    if (this.pieces <= fewPieces) super._read(size)
    else setImmediate(() => super._read(size))
  }

  /** How Node throws away what follows an answer that did not wait for it: without a `push`, and as fast as it comes. */
  _dump(): void {
    this.resume()
  }

  private countPiece(): void {
    if (this.pieces === 0) setImmediate(() => (this.pieces = 0))
    this.pieces += 1
    if (this.pieces <= mostPieces || this.isCut) return
    this.isCut = true
    cutOff(this.socket)
  }
}
