/** The class of `bench-fairness.ts` and `soak.ts`: small requests at a steady pace, whether or not the answers come in time. */
import net, { type Socket } from 'node:net'
import { stolenSeconds } from './bench-machine.ts'

export type SteadyOrder = {
  readonly port: number
  /** Of each request. */
  readonly head: string
  readonly connections: number
  readonly perSecond: number
  /**
   * Answers of a moment in which the host took processor time from this machine, or stopped this program, do not count.
   * Only for a program that nobody else on the machine can stop.
   */
  readonly leaveOutDisturbed: boolean
}

/** Since the last report; from the moment a request was due, so that one which had to wait counts in full. */
export type SteadyReport = {
  readonly answers: number
  readonly leftOut: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
}

type Line = { readonly socket: Socket; readonly due: number[]; left: number; text: string }

/** Since the last report; of the present moment, until it is known whether it counts. */
let counted: number[] = []
let leftOut = 0
let present: number[] = []
let longestStopMs = 0

const momentMs = 50

/** It means to look every millisecond. */
const stoppedMs = 5

const connect = (port: number): Promise<Line> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const line: Line = { socket, due: [], left: 0, text: '' }
    socket.once('connect', () => resolve(line))
    socket.once('error', reject)
    socket.once('close', () => process.exit(1))
    socket.on('data', (bytes) => take(line, bytes))
  })

function take(line: Line, bytes: Buffer): void {
  let rest = bytes
  while (rest.length > 0) {
    if (line.left === 0) {
      line.text += rest.toString('latin1')
      const end = line.text.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = line.text.slice(0, end + 2)
      if (!head.startsWith('HTTP/1.1 200')) throw new Error(`answered: ${head.slice(0, 40)}`)
      line.left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
      rest = Buffer.from(line.text.slice(end + 4), 'latin1')
      line.text = ''
    }
    const taken = Math.min(line.left, rest.length)
    line.left -= taken
    rest = rest.subarray(taken)
    if (line.left > 0) return
    present.push(performance.now() - (line.due.shift() ?? NaN))
  }
}

function run(lines: readonly Line[], { head, perSecond }: SteadyOrder): void {
  const everyMs = 1000 / perSecond
  let dueMs = performance.now()
  let next = 0
  let beforeMs = dueMs
  setInterval(() => {
    const nowMs = performance.now()
    longestStopMs = Math.max(longestStopMs, nowMs - beforeMs)
    beforeMs = nowMs
    for (; dueMs <= nowMs; dueMs += everyMs) {
      const line = lines[next++ % lines.length]
      line?.due.push(dueMs)
      line?.socket.write(head)
    }
  }, 1)
}

/** Ends a moment every time it is called. */
function createMoments(leaveOutDisturbed: boolean): () => void {
  let before = stolenSeconds()
  let wasDisturbed = false
  return () => {
    const now = stolenSeconds()
    const isDisturbed = now > before || longestStopMs > stoppedMs
    // What waits when a moment ends is answered in the next one.
    if (leaveOutDisturbed && (isDisturbed || wasDisturbed)) leftOut += present.length
    else counted.push(...present)
    present = []
    longestStopMs = 0
    wasDisturbed = isDisturbed
    before = now
  }
}

function report(): SteadyReport {
  const sorted = counted.sort((one, other) => one - other)
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? NaN
  const answers = { answers: sorted.length, leftOut }
  counted = []
  leftOut = 0
  return { ...answers, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: sorted.at(-1) ?? NaN }
}

process.on('disconnect', () => process.exit())
process.once('message', (order: SteadyOrder) => {
  void (async () => {
    const lines: Line[] = []
    for (let count = 0; count < order.connections; count++) lines.push(await connect(order.port))
    const endMoment = createMoments(order.leaveOutDisturbed)
    setInterval(endMoment, momentMs)
    process.on('message', () => {
      endMoment()
      process.send?.(report())
    })
    process.send?.('open')
    run(lines, order)
  })()
})
