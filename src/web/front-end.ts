/** How the front door comes and goes: what is open is taken over when it opens, and ended, or left to a keeper, when it closes. */
import { type Forwarder } from '../proxy/forward.ts'
import { type Keeper } from '../proxy/keeper.ts'
import { type Kept } from '../proxy/kept.ts'
import { type Upgrader } from '../proxy/upgrade.ts'
import { type Drain } from './drain.ts'
import { leaveToKeeper, takeOver, type TakeOverNeeds } from './take-over.ts'

export interface FrontEnd {
  /** Cares for what hubs before this one left open. Call when the routes are there. */
  takeOver(): void
  /** Requests end for a moment, everything else at once. */
  close(): Promise<void>
  /** The same for the hub's own requests; what is open to servers goes on. @returns undefined when nothing is. */
  leave(): Promise<Keeper | undefined>
}

export type FrontEndNeeds = TakeOverNeeds & {
  readonly upgrader: Upgrader
  readonly forwarder: Pick<Forwarder, 'close'>
  readonly drain: Drain
  /** Ends answers that would go on for ever. */
  readonly stopping: AbortController
  /** Closes what answered. */
  close(): Promise<void>
}

export function createFrontEnd(needs: FrontEndNeeds): FrontEnd {
  const { upgrader, forwarder, drain, admissions } = needs
  let kept: Kept | undefined

  return {
    takeOver() {
      kept = takeOver(needs)
    },

    async close() {
      needs.stopping.abort()
      const drained = drain.all()
      upgrader.close()
      await kept?.close()
      await drained
      forwarder.close()
      await needs.close()
    },

    async leave() {
      needs.stopping.abort()
      upgrader.stopJoining()
      await kept?.close()
      await drain.allBut(() => admissions.list().length)
      const keeper = await leaveToKeeper(needs)
      if (!keeper) await needs.close()
      return keeper
    },
  }
}
