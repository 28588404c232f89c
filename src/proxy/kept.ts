/** The tunnels that hubs before this one left open: found, taken into care, and ended when their right ends. */
import { readdirSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { errorCode } from '../lib/errors.ts'
import { readJsonLines, writeJsonLine } from '../lib/json-lines.ts'
import { type Log } from '../lib/log.ts'
import { SECOND, sleep } from '../lib/time.ts'
import { type HubLine, type KeeperLine, type KeptTunnel } from './keeper.ts'

export type KeptNeeds = {
  /** Where keepers listen. */
  readonly folder: string
  /**
   * Watches one from here on, and calls `end` when it may not go on.
   * @returns what to call when it is over; undefined: it may not go on.
   */
  adopt(tunnel: KeptTunnel, end: () => void): (() => void) | undefined
  /** A route was used over one of them. */
  used(prefix: string, at: number): void
  readonly log: Log
}

export interface Kept {
  /** How many are in the care of this hub. */
  readonly size: number
  /** Hands all of them back, open as they are: another hub is about to come. Those that were to end still hear of it. */
  close(): Promise<void>
}

type Offer = {
  readonly open: NonNullable<KeeperLine['open']>
  /** What to call when each is over, by its number. */
  readonly adopted: Map<number, () => void>
}

/** The last words to a keeper are out by then, or it does not listen. */
const lastWordsMs = SECOND

/** Resolves at once; keepers answer while the hub answers others. */
export function takeKept(needs: KeptNeeds): Kept {
  const care = new Map<Socket, Map<number, () => void>>()

  const takeFrom = (file: string): void => {
    const socket = connect(file)
    const adopted = new Map<number, () => void>()
    care.set(socket, adopted)
    socket.once('error', (error) => {
      // Of one that was killed.
      if (errorCode(error) === 'ECONNREFUSED') rmSync(file, { force: true })
    })
    socket.once('close', () => forget(socket))
    readJsonLines(socket, (line) => hear(socket, line))
  }

  const hear = (socket: Socket, line: KeeperLine): void => {
    const adopted = care.get(socket)
    if (!adopted) return
    if (line.open) take(socket, { open: line.open, adopted })
    for (const id of line.ended ?? []) {
      adopted.get(id)?.()
      adopted.delete(id)
    }
    for (const [prefix, at] of Object.entries(line.used ?? {})) needs.used(prefix, at)
  }

  const take = (socket: Socket, { open, adopted }: Offer): void => {
    for (const { id, ...tunnel } of open) {
      const end = (): void => writeJsonLine(socket, { end: [id] } satisfies HubLine)
      const release = needs.adopt(tunnel, end)
      if (release) adopted.set(id, release)
      else end()
    }
    const refused = open.length - adopted.size
    needs.log.info({ tunnels: adopted.size, refused }, 'connections of the hub before go on')
  }

  const forget = (socket: Socket): void => {
    for (const release of care.get(socket)?.values() ?? []) release()
    care.delete(socket)
  }

  for (const file of socketsIn(needs.folder)) takeFrom(file)

  return {
    get size() {
      return [...care.values()].reduce((sum, adopted) => sum + adopted.size, 0)
    },
    async close() {
      if (care.size === 0) return
      const sockets = [...care.keys()]
      const closed = sockets.map((socket) => {
        forget(socket)
        return new Promise<void>((resolve) => socket.once('close', () => resolve()).end())
      })
      await Promise.race([Promise.all(closed), sleep(lastWordsMs)])
      for (const socket of sockets) socket.destroy()
    },
  }
}

function socketsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name))
  } catch {
    return []
  }
}
