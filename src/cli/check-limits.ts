/** The doctor gives a trial unit limits, and looks whether the kernel holds them. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { asError } from '../lib/errors.ts'
import { createControlGroups } from '../spawn/control-group.ts'
import { tryLimits, type TrialNeeds } from '../spawn/limits-trial.ts'
import { createSystemctl } from '../spawn/systemctl.ts'
import { type SystemdOptions } from '../spawn/systemd-options.ts'
import { fail, ok, type Finding } from './finding.ts'

const root = '/sys/fs/cgroup'

/** @param needs absent: systemd and the kernel of this machine */
export async function checkLimits(
  { slice }: Pick<SystemdOptions, 'slice'>,
  needs: TrialNeeds = { systemctl: createSystemctl(), groups: createControlGroups(root) },
): Promise<Finding[]> {
  try {
    const { missing, killedAfterMs } = await tryLimits(slice, needs)
    const findings = missing.map((sentence) => fail('limits', sentence, adviceFor(root)))
    if (killedAfterMs === undefined)
      findings.push(fail('limits', 'a program got three times its memory', adviceFor(root)))
    return findings.length > 0
      ? findings
      : [ok('limits', 'the kernel holds those of a trial unit, and ended it for too much memory')]
  } catch (thrown) {
    const advice = 'The hub has to be root, on a machine that systemd runs; see systemctl status.'
    return [fail('limits', `they cannot be tried: ${asError(thrown).message}`, advice)]
  }
}

/** What a kernel lacks is switched on when it boots. @param folder where control groups are mounted */
export function adviceFor(folder: string): string {
  const unified = path.join(folder, 'cgroup.controllers')
  if (!existsSync(unified))
    return 'This machine has control groups of version 1: boot it with systemd.unified_cgroup_hierarchy=1 on the command line of the kernel.'
  const there = readFileSync(unified, 'utf8').trim().split(' ')
  const missing = ['memory', 'cpu', 'pids'].filter((name) => !there.includes(name))
  if (missing.length === 0) return 'Look at the unit file of the slice, and at journalctl -b.'
  return `The kernel has no controller for ${missing.join(', ')}: boot it with cgroup_enable=${missing.join(',')} on its command line.`
}
