/** What one hostile student can do all day, for `bench-fairness.ts`: on their own server, and with requests. */
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { nameOf } from '../test/support/crowd.ts'

/** Until the signal. @param url of the hub */
type Attack = (url: string, signal: AbortSignal) => Promise<void>

/** The third user's server, which is the company's. */
const own = `/user/${nameOf(3)}/`

const connections = 4

const head = (method: string, where: string, more = ''): string =>
  `${method} ${where} HTTP/1.1\r\nHost: hub.test\r\nCookie: littlehub-session=session 3\r\n${more}\r\n`

const form = (where: string, body: string): string =>
  `${head('POST', where, `Content-Length: ${body.length}\r\n`)}${body}`

const names = Array.from({ length: 1000 }, (_, index) => `x${index}=`).join('&')

const chunked = 'Transfer-Encoding: chunked\r\n'
const crumbs = '1\r\nx\r\n'.repeat(10_000)

/** Of `bench-upstream.ts` and against it. */
const orders: Readonly<Record<string, { readonly first: string; readonly again?: string }>> = {
  'a server that never gets beyond 1xx': { first: head('GET', `${own}interim`) },
  'a server whose chunks are a byte': { first: head('GET', `${own}crumbs`) },
  'a server with 16,000 header fields': { first: head('GET', `${own}fields`) },
  'uploads in chunks of a byte': { first: head('POST', `${own}up`, chunked), again: crumbs },
  'forms in chunks of a byte': { first: head('POST', '/hub/login', chunked), again: crumbs },
  'crumbs behind an answer': { first: head('GET', '/hub/login', chunked), again: crumbs },
  'forms of 30,000 fields': { first: form('/hub/login', 'a&'.repeat(30_000)) },
  'token requests of 1,000 names': { first: form('/hub/api/oauth2/token', names) },
  'requests that expect something': { first: head('GET', `${own}1k`, 'Expect: x\r\n').repeat(500) },
  'requests without a Host': { first: 'GET / HTTP/1.1\r\n\r\n'.repeat(3000) },
  'requests of 1,500 fields': { first: head('GET', `${own}1k`, 'x: y\r\n'.repeat(1500)) },
}

/** By what is done over and over. */
export const attacks = Object.entries(orders).map(([name, { first, again }]) => ({
  name,
  run: onConnections((url, signal) => overAndOver(url, signal, [first, again])),
}))

function onConnections(one: Attack): Attack {
  return async (url, signal) => {
    await Promise.all(Array.from({ length: connections }, () => one(url, signal)))
  }
}

/** Asks on one connection after the other, each until it is answered or cut off; what is endless it goes on reading. */
async function overAndOver(
  url: string,
  signal: AbortSignal,
  [first, again]: readonly [string, string | undefined],
): Promise<void> {
  while (!signal.aborted) {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined).resume()
    signal.addEventListener('abort', () => socket.destroy())
    socket.write(first)
    if (again === undefined) void endWhenQuiet(socket)
    else pour(socket, again)
    await closed
  }
}

function pour(socket: Socket, again: string): void {
  const piece = Buffer.from(again)
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on('drain', more)
  more()
}

const quietMs = 5

/** A connection that is kept alive has had its answer. */
async function endWhenQuiet(socket: Socket): Promise<void> {
  await once(socket, 'data').catch(() => undefined)
  for (let read = -1; read < socket.bytesRead && !socket.destroyed; await wait(quietMs))
    read = socket.bytesRead
  socket.destroy()
}
