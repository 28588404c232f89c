/** What a hub leaves behind when another takes over: its tunnels, and a Unix socket on which the other one hears of them. */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { asError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { readJsonLines, writeJsonLine } from '../lib/json-lines.ts'
import { MINUTE, SECOND } from '../lib/time.ts'
import { type Route } from './routes.ts'

/** Enough for another hub to know whether it may go on. */
export type KeptTunnel = {
  /** Of its route. */
  readonly prefix: string
  /** Who opened it and by what, as a text that is the same for the same; empty: anybody. */
  readonly caller: string
  /** The credentials that came with it. */
  readonly headers: { readonly cookie?: string; readonly authorization?: string }
}

export type OpenTunnel = {
  readonly tunnel: KeptTunnel
  readonly route: Route
  readonly end: () => void
  onEnd(listener: () => void): void
}

/**
 * One JSON object a line. Another version may be at the other end: what one does not know it passes over, and a key
 * never changes its meaning.
 */
export type KeeperLine = {
  /** The first line: all there are, by number. */
  readonly open?: readonly (KeptTunnel & { readonly id: number })[]
  /** These have ended. */
  readonly ended?: readonly number[]
  /** When the routes with these prefixes were used last: epoch milliseconds. */
  readonly used?: Readonly<Record<string, number>>
}

/** What the hub says: these are to end. */
export type HubLine = { readonly end?: readonly number[] }

export interface Keeper {
  /** Resolves when nothing is open any more. */
  readonly ended: Promise<void>
  /** Ends everything. */
  close(): void
}

export type KeeperNeeds = {
  /** Where the next hub looks for it. */
  readonly folder: string
  readonly tunnels: readonly OpenTunnel[]
  readonly log: Log
  /** After so long they are ended, whatever is under way. */
  readonly longestMs: number
  /** Without a hub that watches the rights of people they are ended after so long. */
  readonly patienceMs?: number
  /** How often the hub hears which servers are in use. */
  readonly tellEveryMs?: number
}

/** Longer than a version that hangs at its start and the way back to the one before take together. */
const usualPatienceMs = 5 * MINUTE

/** Often enough for whoever stops idle servers. */
const usualTellEveryMs = 5 * SECOND

/** @throws {Error} when it cannot listen; then everything goes on all the same, and is the caller's to end. */
export async function createKeeper(needs: KeeperNeeds): Promise<Keeper> {
  const { tunnels, log } = needs
  const { patienceMs = usualPatienceMs, tellEveryMs = usualTellEveryMs } = needs
  const open = new Map(tunnels.map((tunnel, id) => [id, tunnel]))
  const toldMs = new Map<Route, number>()
  const { promise: ended, resolve } = Promise.withResolvers<undefined>()
  let hub: Socket | undefined
  let patience: NodeJS.Timeout | undefined

  const tell = (line: KeeperLine): void => {
    if (hub) writeJsonLine(hub, line)
  }

  const endAll = (because: string): void => {
    if (open.size > 0) log.info({ because, tunnels: open.size }, 'kept connections are ended')
    for (const { end } of [...open.values()]) end()
  }

  const waitForHub = (): void => {
    clearTimeout(patience)
    patience = setTimeout(() => endAll('no hub came'), patienceMs)
  }

  const tellUsed = (): void => {
    const routes = new Set(Array.from(open.values(), ({ route }) => route))
    const news = [...routes].filter((route) => route.lastActivityMs > (toldMs.get(route) ?? 0))
    for (const route of news) toldMs.set(route, route.lastActivityMs)
    if (news.length === 0) return
    tell({ used: Object.fromEntries(news.map((route) => [route.prefix, route.lastActivityMs])) })
  }

  /** The newest hub is the one. */
  const welcome = (socket: Socket): void => {
    hub?.destroy()
    hub = socket
    clearTimeout(patience)
    socket.on('close', () => {
      if (hub !== socket) return
      hub = undefined
      waitForHub()
    })
    readJsonLines(socket, (line) => {
      for (const id of (line as HubLine).end ?? []) open.get(id)?.end()
    })
    tell({ open: Array.from(open, ([id, { tunnel }]) => ({ id, ...tunnel })) })
  }

  const server = createServer(welcome)
  const file = await listenIn(server, needs.folder)
  const longest = setTimeout(() => endAll('the longest time is over'), needs.longestMs)
  const telling = setInterval(tellUsed, tellEveryMs)
  waitForHub()

  const leave = (): void => {
    clearTimeout(patience)
    clearTimeout(longest)
    clearInterval(telling)
    server.close()
    const last = hub
    hub = undefined
    last?.end()
    rmSync(file, { force: true })
    resolve(undefined)
  }

  for (const [id, tunnel] of open)
    tunnel.onEnd(() => {
      open.delete(id)
      tell({ ended: [id] })
      if (open.size === 0) leave()
    })
  if (open.size === 0) leave()
  return { ended, close: () => endAll('asked to end') }
}

/** Reachable for whoever runs the hub, and for nobody else. */
async function listenIn(server: Server, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const file = path.join(folder, `${process.pid}.sock`)
  rmSync(file, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(asError(error)))
    server.listen(file, resolve)
  })
  return file
}
