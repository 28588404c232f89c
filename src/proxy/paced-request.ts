/** Requests whose bodies come in crumbs: Node hands over each chunk by itself, and a packet of 64 KiB holds 11,000 of a byte. */
import { IncomingMessage } from 'node:http'
import { cutOff } from './cut-off.ts'

/** Of bigger ones a packet holds few. */
const smallBytes = 512

/** In one turn of the event loop, each about 3 µs of work: what is behind the packet that brings more waits for the next one. */
const fewPieces = 200

/** No packet brings more, but of pieces that are a few bytes long. */
const mostPieces = 2000

/** What a server in front of strangers makes of each request. */
export class PacedRequest extends IncomingMessage {
  /** Small ones of this turn. */
  private pieces = 0

  override push(bytes: Buffer | null, encoding?: BufferEncoding): boolean {
    if (bytes && bytes.length <= smallBytes) this.countPiece()
    return super.push(bytes, encoding) && this.pieces <= fewPieces
  }

  override _read(size: number): void {
    if (this.pieces <= fewPieces) super._read(size)
    else setImmediate(() => super._read(size))
  }

  private countPiece(): void {
    if (this.pieces === 0) setImmediate(() => (this.pieces = 0))
    this.pieces += 1
    if (this.pieces > mostPieces) cutOff(this.socket)
  }
}
