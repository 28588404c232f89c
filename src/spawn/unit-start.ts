/** Starts the unit of a server: forked into it where that is as good, and with its own program otherwise. */
import { type Log } from '../lib/log.ts'
import { preloadOf, type Spawner, type SpawnerNeeds } from './spawner.ts'
import { type Systemctl, type TransientUnit, type UnitFacts } from './systemctl.ts'
import { failedStart, wasExecuted } from './unit-facts.ts'
import { readRun } from './unit-run.ts'
import { createWarmStart } from './warm-start.ts'
import { createWarmUnits, type WarmUnitStart } from './warm-unit.ts'
import { createZygoteUnit } from './zygote-unit.ts'

export interface UnitStarts {
  /** @param program what it is called in what its owner is told @throws {HubError} Unavailable; the unit may be there */
  run(unit: TransientUnit, program: string, how: WarmUnitStart): Promise<UnitFacts>
  /** A run that is over. */
  forget(invocation: string): void
  /** What a spawner says of warm starts. */
  readonly ofSpawner: Required<Pick<Spawner, 'prepare' | 'warmth' | 'answered' | 'close'>>
}

export type UnitStartsNeeds = Pick<SpawnerNeeds, 'settings' | 'hubGroup'> & {
  readonly log: Log
  readonly systemctl: Systemctl
  /** Those of the administrator, which every unit has besides. */
  readonly properties: readonly string[]
}

export function createUnitStarts(needs: UnitStartsNeeds): UnitStarts {
  const { log, systemctl, properties } = needs
  const warmStart = createWarmStart({
    log,
    host: createZygoteUnit,
    get trustedPath() {
      return needs.hubGroup === undefined ? undefined : (needs.settings?.spawner.path ?? '')
    },
    get enabled() {
      return needs.settings?.spawner.warm_start === true
    },
    get preload() {
      return preloadOf(needs)
    },
  })
  const warmUnits = createWarmUnits({ systemctl, warmStart, properties })
  /** By the id of a run: whether it was forked. */
  const runs = new Map<string, boolean>()

  const runOwn = async (unit: TransientUnit, program: string): Promise<UnitFacts> => {
    const { started, words } = await systemctl.run(unit)
    const facts = await systemctl.show(unit.name)
    // One that ends at once may have ended before systemd took notice that it runs.
    if (!started && !wasExecuted(facts)) throw failedStart(program, facts, words)
    return facts
  }

  return {
    async run(unit, program, how) {
      const warm = await warmUnits.start(unit, how)
      const facts = warm ?? (await runOwn(unit, program))
      runs.set(facts['InvocationID'] ?? '', warm !== undefined)
      return facts
    },
    forget: (invocation) => void runs.delete(invocation),
    ofSpawner: {
      prepare: (command, environment) => warmStart.prepare(command, environment),
      warmth: () => warmStart.facts,
      answered(state, tookMs) {
        const isWarm = runs.get(readRun(state)?.invocation ?? '')
        if (isWarm !== undefined) warmStart.answered({ isWarm, tookMs })
      },
      close: () => warmStart.close(),
    },
  }
}
