/** Servers forked into units of systemd: a unit starts with a program that only waits, and a server takes its place. */
import { pollUntil } from '../lib/poll.ts'
import { SECOND } from '../lib/time.ts'
import { findProgram } from './find-program.ts'
import { type Systemctl, type TransientUnit, type UnitFacts } from './systemctl.ts'
import { type Cold, type WarmStart } from './warm-start.ts'
import { type Zygote } from './zygote.ts'

export type WarmUnitStart = {
  /** The server's: what decides whether it can be forked. */
  readonly environment: Readonly<Record<string, string>>
  readonly uid: number
  /** Not there yet; only root can make it. */
  readonly pidFile: string
  readonly signal: AbortSignal
}

export interface WarmUnits {
  /**
   * Starts the unit as `systemctl.run` does, but with a fork of the program. Undefined: it has to be started that way,
   * and nothing of it is left. @throws the signal's reason, and the unit is still there.
   */
  start(unit: TransientUnit, how: WarmUnitStart): Promise<UnitFacts | undefined>
}

export type WarmUnitsNeeds = {
  readonly systemctl: Pick<Systemctl, 'run' | 'show' | 'stop'>
  readonly warmStart: Pick<WarmStart, 'attempt'>
  /** Those of the administrator, which every unit has besides. */
  readonly properties: readonly string[]
}

/** Waits, and ends by itself when nobody takes its place. */
const waiting = { name: 'sleep', words: ['60'] }
const systemPath = '/usr/bin:/bin'

/** It was told to end by the time that this begins. */
const handOver = { timeoutMs: 15 * SECOND, firstMs: 2, maxMs: 50 }

export function createWarmUnits({ systemctl, warmStart, properties }: WarmUnitsNeeds): WarmUnits {
  /** systemd makes the main process of it what the file says, as soon as the one before has ended. @see systemd.service(5), PIDFile */
  const hold = async (unit: TransientUnit, program: string, pidFile: string) => {
    const command = [program, ...waiting.words]
    const { started } = await systemctl.run({
      ...unit,
      properties: [...unit.properties, `PIDFile=${pidFile}`],
      command,
    })
    return started ? systemctl.show(unit.name) : undefined
  }

  const takeOver = async (unit: TransientUnit, pid: number, signal: AbortSignal) => {
    let facts: UnitFacts = {}
    const isMain = (): boolean => facts['ExecMainPID'] === String(pid)
    const isOver = async (): Promise<boolean> => {
      facts = await systemctl.show(unit.name)
      return isMain() || facts['SubState'] !== 'running'
    }
    await pollUntil(isOver, { ...handOver, signal })
    return isMain() ? facts : undefined
  }

  type Place = { readonly zygote: Zygote; readonly argv: readonly string[] }

  const forkInto = async (
    unit: TransientUnit,
    { uid, pidFile, signal }: WarmUnitStart,
    { zygote, argv }: Place,
  ): Promise<{ readonly facts: UnitFacts } | Cold> => {
    const program = findProgram(waiting.name, systemPath)
    if (program === undefined) return { cold: `the program ${waiting.name} was not found` }
    const held = await hold(unit, program, pidFile)
    signal.throwIfAborted()
    if (held === undefined) return { cold: 'systemd did not start its unit' }
    const { MainPID: holder, ControlGroup: group = '' } = held
    const request = { argv, holder: Number(holder), program, group, uid, pid_file: pidFile }
    const forked = await zygote.place(request)
    signal.throwIfAborted()
    if ('cold' in forked) return forked
    const facts = await takeOver(unit, forked.pid, signal)
    return facts ? { facts } : { cold: 'systemd did not take the forked process for the server' }
  }

  return {
    async start(unit, how) {
      const { command } = unit
      const started = await warmStart.attempt(
        { command, environment: how.environment },
        async (zygote, argv) => {
          const stranger = properties.find((property) => !isCarried(property))
          if (stranger !== undefined) return { cold: `it is not known how to hand on ${stranger}` }
          const forked = await forkInto(unit, how, { zygote, argv })
          if ('cold' in forked) await systemctl.stop(unit.name, { now: true })
          return forked
        },
      )
      return started?.facts
    },
  }
}

/** What belongs to the group of a unit, to its files or to its record, or can be read of a process. */
const carried =
  /^(?:CPU|IO(?!Scheduling)|Memory(?!DenyWrite|KSM)|Tasks|Device|IPAddress|Limit|OOM|Protect|Restrict|SystemCall|Bind|Log|Syslog|Timeout)\w*$|^(?:(?:ReadOnly|ReadWrite|Inaccessible|Exec|NoExec)Paths|(?:Pass|Unset)?Environment|Private(?:Tmp|Devices|Network|IPC|Mounts)|TemporaryFileSystem|CapabilityBoundingSet|NoNewPrivileges|LockPersonality|SupplementaryGroups|TimerSlackNSec|CoredumpFilter|Slice|Nice|UMask|RuntimeMaxSec|Description)$/

const isCarried = (property: string): boolean => carried.test(property.split('=')[0] ?? '')
