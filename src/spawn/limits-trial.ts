/** Whether limits act on this machine: a unit that is given some has them in the kernel, and dies of the one of memory. */
import { HubError } from '../lib/errors.ts'
import { pollUntil } from '../lib/poll.ts'
import { SECOND } from '../lib/time.ts'
import { type Limits } from '../model/limits.ts'
import { type ControlGroups } from './control-group.ts'
import { type Systemctl, type UnitFacts } from './systemctl.ts'
import { missingLimits } from './unit-facts.ts'
import { limitProperties } from './unit-properties.ts'

export type Trial = {
  /** One sentence for each limit that the kernel does not hold. */
  readonly missing: readonly string[]
  /** How long the program that took too much memory lived; undefined: it got it. */
  readonly killedAfterMs: number | undefined
}

export type TrialNeeds = {
  readonly systemctl: Pick<Systemctl, 'run' | 'show' | 'stop'>
  readonly groups: Pick<ControlGroups, 'limits'>
}

const limits: Limits = { memoryBytes: 32 * 2 ** 20, cpuCores: 0.5, tasks: 16 }

/** Three times what it may have, after half a second in which the limits can be read. */
const glutton = ['/bin/sh', '-c', 'sleep 0.5; head -c 96M /dev/zero | tail -n 1 >/dev/null']

/** The shell itself was killed, or says that its program was (128 + 9). */
const killed = ['9', '137']

const unit = 'littlehub-limits-trial.service'
const timeoutMs = 20 * SECOND

/** @param slice that servers run in @throws {HubError} Unavailable when systemd does not run the unit. */
export async function tryLimits(slice: string, { systemctl, groups }: TrialNeeds): Promise<Trial> {
  await systemctl.stop(unit, { now: true })
  try {
    const { started, words } = await systemctl.run({
      name: unit,
      user: 'nobody',
      properties: [`Slice=${slice}`, 'RemainAfterExit=yes', 'OOMPolicy=continue'].concat(
        limitProperties(limits),
      ),
      command: glutton,
    })
    const beganMs = performance.now()
    if (!started) throw new HubError('Unavailable', `systemd does not run a trial unit: ${words}`)
    const { ControlGroup: group = '' } = await systemctl.show(unit)
    const missing = missingLimits(limits, groups.limits(group))
    const wasKilled = await endedByKill(systemctl)
    return { missing, killedAfterMs: wasKilled ? performance.now() - beganMs : undefined }
  } finally {
    await systemctl.stop(unit, { now: true })
  }
}

async function endedByKill(systemctl: TrialNeeds['systemctl']): Promise<boolean> {
  let facts: UnitFacts = {}
  const isOver = async (): Promise<boolean> => {
    facts = await systemctl.show(unit)
    return facts['ActiveState'] !== 'active' || facts['SubState'] === 'exited'
  }
  const signal = AbortSignal.timeout(2 * timeoutMs)
  const isOut = await pollUntil(isOver, { timeoutMs, firstMs: 50, maxMs: 500, signal })
  return isOut && killed.includes(facts['ExecMainStatus'] ?? '')
}
