/** A systemd and a kernel for the trial of limits, that say what a test wants. */
import { type TrialNeeds } from '../../src/spawn/limits-trial.ts'
import { type Limits } from '../../src/model/limits.ts'

export type ScriptedTrial = TrialNeeds & {
  /** Properties that the unit was given, and how often it was stopped. */
  readonly seen: { properties: readonly string[]; stops: number }
}

export function scriptedTrial(how: {
  readonly acting?: Limits
  readonly status?: string
  readonly refusal?: string
}): ScriptedTrial {
  const { acting = { memoryBytes: 32 * 2 ** 20, cpuCores: 0.5, tasks: 16 } } = how
  const seen: ScriptedTrial['seen'] = { properties: [], stops: 0 }
  return {
    seen,
    groups: { limits: () => acting },
    systemctl: {
      run(unit) {
        seen.properties = unit.properties
        return Promise.resolve({ started: how.refusal === undefined, words: how.refusal ?? '' })
      },
      show: () =>
        Promise.resolve({
          ActiveState: 'active',
          SubState: 'exited',
          ControlGroup: '/x',
          ExecMainStatus: how.status ?? '137',
        }),
      stop() {
        seen.stops += 1
        return Promise.resolve()
      },
    },
  }
}
