/** Notices when the memory limit of a unit ended one of its programs while the others go on. */
import { type ControlGroups } from './control-group.ts'
import { type UnitFacts } from './systemctl.ts'
import { isAlive } from './unit-watch.ts'

export interface MemoryKills {
  /** Looks at units; who has lost a program since the last look is told about. */
  look(units: readonly UnitFacts[]): void
  /** @param listener gets the name of the unit, with its ending */
  onKill(listener: (unit: string) => void): void
}

export function createMemoryKills(groups: Pick<ControlGroups, 'memoryKills'>): MemoryKills {
  const listeners: ((unit: string) => void)[] = []
  /** By run; what a run had lost before it was first seen is known to its owner already. */
  let known = new Map<string, number>()

  return {
    look(units) {
      const seen = new Map<string, number>()
      for (const facts of units) {
        const { Id: unit = '', InvocationID: invocation = '', ControlGroup: group = '' } = facts
        if (!isAlive(facts, { invocation }) || group === '') continue
        const kills = groups.memoryKills(group)
        seen.set(invocation, kills)
        if (kills > (known.get(invocation) ?? kills)) for (const tell of listeners) tell(unit)
      }
      known = seen
    },
    onKill: (listener) => void listeners.push(listener),
  }
}
