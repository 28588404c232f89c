/** JSON objects on a stream, one a line. */
import { createInterface } from 'node:readline'
import { type Duplex } from 'node:stream'

/** Whoever sends more without an end wants to fill the memory of this process. */
const mostLineBytes = 8 * 1024 ** 2

/** Lines that are no JSON object are passed over; so are the errors of the stream, which ends then, as with endless lines. */
export function readJsonLines(stream: Duplex, take: (line: object) => void): void {
  stream.on('error', () => stream.destroy())
  let lineBytes = 0
  stream.on('data', (bytes: Buffer) => {
    const end = bytes.lastIndexOf('\n')
    lineBytes = end === -1 ? lineBytes + bytes.length : bytes.length - end - 1
    if (lineBytes > mostLineBytes) stream.destroy()
  })
  const lines = createInterface({ input: stream, crlfDelay: Infinity })
  // It passes errors of the stream on, and one that nobody listens for would end the process.
  lines.on('error', () => undefined)
  lines.on('line', (text) => {
    const line = parsed(text)
    if (typeof line === 'object' && line !== null) take(line)
  })
}

export const writeJsonLine = (stream: Duplex, line: object): void =>
  void stream.write(`${JSON.stringify(line).replace(lineEnds, escaped)}\n`)

/** Besides a line feed, which JSON escapes, these end a line for whoever reads it. */
const lineEnds = /[\u2028\u2029]/g
const escaped = (end: string): string => (end === '\u2028' ? '\\u2028' : '\\u2029')

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
