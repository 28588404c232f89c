/** How many connections may be open: in all, and from one address. */
import { type Server } from 'node:http'
import { type Socket } from 'node:net'
import { mostOpenFiles } from '../core/process-metrics.ts'
import { createCounts } from '../lib/counts.ts'
import { type Log } from '../lib/log.ts'
import { MINUTE } from '../lib/time.ts'

export type ConnectionLimitsNeeds = {
  /** Asked at every connection; 0: as many as files allow, and no limit. */
  limits(): { readonly limit: number; readonly per_address: number }
  /** Whether an address is that of a reverse proxy of ours, behind which is everybody. */
  trusts(address: string): boolean
  /** Who has to go when there are too many; absent: whoever comes then. */
  readonly leaves?: 'oldest'
  readonly log: Log
}

export interface ConnectionLimits {
  /** What comes in beyond is closed at once. */
  guard(server: Server): void
  readonly open: number
}

/** What the hub itself opens: its database, logs, programs. */
const reservedFiles = 256

/** One part of so many is for the port inside, which every program on this machine reaches. */
const partsOfInside = 8

/** How many connections the files of this process allow there. */
export const affordableInside = (): number =>
  Math.floor((mostOpenFiles() ?? Infinity) / partsOfInside)

/** A flood is no flood of log lines. */
const tellEveryMs = MINUTE

export function createConnectionLimits(needs: ConnectionLimitsNeeds): ConnectionLimits {
  const byAddress = createCounts<string>()
  const files = mostOpenFiles() ?? Infinity
  const affordable = Math.floor((files * (1 - 1 / partsOfInside) - reservedFiles) / 2)
  /** In the order of coming. */
  const open = new Set<Socket>()
  let toldAtMs = -Infinity

  const isTooMany = (address: string): boolean => {
    const { limit, per_address: mostOfOne } = needs.limits()
    if (open.size >= (limit || affordable)) return true
    return mostOfOne > 0 && byAddress.of(address) >= mostOfOne && !isExempt(address)
  }

  const isExempt = (address: string): boolean =>
    address.startsWith('127.') || address === '::1' || needs.trusts(address)

  const tell = (address: string): void => {
    const nowMs = performance.now()
    if (nowMs - toldAtMs < tellEveryMs) return
    toldAtMs = nowMs
    const facts = { address, open: open.size, ofAddress: byAddress.of(address) }
    needs.log.warn(facts, 'more connections than may be open; some are closed')
  }

  const take = (socket: Socket): void => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    if (isTooMany(address)) {
      tell(address)
      const [oldest = socket] = needs.leaves === 'oldest' ? open : []
      oldest.destroy()
      if (oldest === socket) return
      open.delete(oldest)
    }
    open.add(socket)
    byAddress.add(address, 1)
    socket.once('close', () => {
      open.delete(socket)
      byAddress.add(address, -1)
    })
  }

  return {
    guard: (server) => void server.prependListener('connection', take),
    get open() {
      return open.size
    },
  }
}
