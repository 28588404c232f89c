/** Notices when the memory limit of a unit ended one of its programs while the others go on. */
import { type ControlGroups } from './control-group.ts'
import { type UnitFacts } from './systemctl.ts'
import { isAlive } from './unit-watch.ts'

export interface MemoryKills {
  /** A run that has just begun has lost nothing yet. */
  begin(invocation: string): void
  /** Looks at units; who has lost a program since the last look is told about. */
  look(units: readonly UnitFacts[]): void
  /** @param listener gets the name of the unit, with its ending */
  onKill(listener: (unit: string) => void): void
}

export function createMemoryKills(groups: Pick<ControlGroups, 'memoryKills'>): MemoryKills {
  const listeners: ((unit: string) => void)[] = []
  /** By run; what a run had lost before it was first seen is known to its owner already. */
  let known = new Map<string, number>()
  /** Runs that have begun and were not seen yet: a look that was under way then does not know them. */
  const begun = new Set<string>()

  /** @returns how many it has lost so far; undefined when nothing of it runs. */
  const countOf = (facts: UnitFacts): number | undefined => {
    const { InvocationID: invocation = '', ControlGroup: group = '' } = facts
    return isAlive(facts, { invocation }) && group !== '' ? groups.memoryKills(group) : undefined
  }

  return {
    begin: (invocation) => void begun.add(invocation),
    look(units) {
      const seen = new Map<string, number>()
      for (const facts of units) {
        const { Id: unit = '', InvocationID: invocation = '' } = facts
        const before = known.get(invocation) ?? (begun.delete(invocation) ? 0 : undefined)
        const kills = countOf(facts)
        if (kills === undefined) continue
        seen.set(invocation, kills)
        if (kills > (before ?? kills)) for (const tell of listeners) tell(unit)
      }
      known = seen
    },
    onKill: (listener) => void listeners.push(listener),
  }
}
