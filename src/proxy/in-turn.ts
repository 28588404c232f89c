/** Requests of one connection are begun one after the other, and few may wait. */
import { type RequestListener, type ServerResponse } from 'node:http'
import { type Duplex } from 'node:stream'
import { type Socket } from 'node:net'
import { cutOff } from './cut-off.ts'
import { headFaultOf } from './faults.ts'

/**
 * More than any client that pipelines at all sends ahead. Each takes about 3 KiB before it is begun, and a packet of
 * 64 KiB can hold 2,000 of them.
 */
const mostWaiting = 32

/** Names and values of all that wait, each about 60 bytes: what fits in 16 KiB of a head may take 170. */
const mostWaitingFields = 2000

type Line = {
  /** Of the request that has begun. */
  answer: ServerResponse | undefined
  readonly behind: Waiting[]
}

type Waiting = { readonly fields: number; readonly begin: () => void }

const lines = new WeakMap<Duplex, Line>()

/** What is being answered on a connection whose requests take turns. */
export const answerUnderWay = (socket: Duplex): ServerResponse | undefined =>
  lines.get(socket)?.answer

/**
 * Node hands over all requests that have come, answered or not: one client could have any number of them under way, and
 * the answers that it does not read in memory. Whose connection carries more than may wait is cut off, and has to ask
 * again.
 * @see RFC 9112 §9.3.2
 */
export function inTurn(handle: RequestListener): RequestListener {
  return (request, response) => {
    const { socket } = request
    const fields = request.rawHeaders.length
    // It has ended behind an answer that said so, and nothing more is answered (RFC 9112 §9.6).
    if (!socket.writable) return
    const line = lineOf(socket)

    const begin = (): void => {
      line.answer = response
      response.once('close', () => {
        line.answer = undefined
        if (!socket.writable) line.behind.length = 0
        line.behind.shift()?.begin()
      })
      const status = headFaultOf(request)
      if (status === undefined) handle(request, response)
      else response.writeHead(status, { Connection: 'close', 'Content-Length': 0 }).end()
    }
    if (!line.answer) begin()
    else if (mayWait(line, fields)) line.behind.push({ fields, begin })
    else cutOff(socket)
  }
}

function lineOf(socket: Socket): Line {
  const known = lines.get(socket)
  if (known) return known
  const line = { answer: undefined, behind: [] }
  lines.set(socket, line)
  return line
}

const mayWait = ({ behind }: Line, fields: number): boolean =>
  behind.length < mostWaiting &&
  behind.reduce((sum, waiting) => sum + waiting.fields, fields) <= mostWaitingFields
