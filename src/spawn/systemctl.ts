/** systemd, asked through its own commands: transient units, their properties and their journal. */
import { execa } from 'execa'

/** What systemd says of a unit, by the names of its properties. */
export type UnitFacts = Readonly<Record<string, string>>

export type TransientUnit = {
  /** With its ending: `jupyter-ana.service`. */
  readonly name: string
  /** `Key=value`, in order. Anybody on the machine can read them. */
  readonly properties: readonly string[]
  /** The unix account; it brings its groups. */
  readonly user: string
  /** An absolute path and its arguments. */
  readonly command: readonly string[]
}

export interface Systemctl {
  /** Resolves when the program has been executed; false when systemd refused or could not. */
  run(unit: TransientUnit): Promise<{ readonly started: boolean; readonly words: string }>
  /** Of one unit, loaded or not. */
  show(unit: string): Promise<UnitFacts>
  /** Of all loaded units that match one of the patterns. */
  showAll(patterns: readonly string[]): Promise<UnitFacts[]>
  /** Until the next boot, or the end of a transient unit. @throws when systemd refuses. */
  setProperties(unit: string, properties: readonly string[]): Promise<void>
  /** Resolves when nothing of it runs any more, and forgets how it ended. `now` skips the polite part. */
  stop(unit: string, how: { readonly now: boolean }): Promise<void>
  /** The last lines of one run, oldest first. @param invocation systemd's id of the run */
  journal(invocation: string, lines: number): Promise<string[]>
}

/** What is asked of a unit. */
const shown = [
  ...['Id', 'LoadState', 'ActiveState', 'SubState', 'Result', 'ExecMainCode', 'ExecMainStatus'],
  ...['MainPID', 'ExecMainPID'],
  ...['InvocationID', 'ControlGroup', 'MemoryCurrent', 'NoNewPrivileges', 'FragmentPath'],
].join(',')

export function createSystemctl(): Systemctl {
  const ask = async (program: string, words: readonly string[]) =>
    execa(program, words, { stdin: 'ignore', reject: false, env: { LC_ALL: 'C' } })

  const must = async (program: string, words: readonly string[]): Promise<string> => {
    const { failed, stdout, stderr, shortMessage } = await ask(program, words)
    if (failed) throw new Error(`${shortMessage ?? program}: ${stderr}`)
    return stdout
  }

  return {
    async run({ name, properties, user, command }) {
      const { exitCode, stderr } = await ask('systemd-run', [
        ...['--quiet', `--unit=${name}`, '--service-type=exec'],
        `--uid=${user}`,
        ...properties.map((property) => `--property=${property}`),
        // Each word would have its variables replaced.
        ...['--', ...command.map((word) => word.replaceAll('$', '$$$$'))],
      ])
      return { started: exitCode === 0, words: stderr }
    },

    async show(unit) {
      const facts = await must('systemctl', ['show', `--property=${shown}`, '--', unit])
      return parseBlocks(facts)[0] ?? {}
    },

    async showAll(patterns) {
      return parseBlocks(
        await must('systemctl', ['show', `--property=${shown}`, '--', ...patterns]),
      )
    },

    async setProperties(unit, properties) {
      await must('systemctl', ['set-property', '--runtime', '--', unit, ...properties])
    },

    async stop(unit, { now }) {
      if (now) await ask('systemctl', ['kill', '--signal=KILL', '--', unit])
      await ask('systemctl', ['stop', '--', unit])
      await ask('systemctl', ['reset-failed', '--', unit])
    },

    async journal(invocation, lines) {
      // What a program wrote just before its end may not have arrived yet.
      await ask('journalctl', ['--sync'])
      const words = ['--quiet', '--no-pager', '--output=cat', `--lines=${lines}`]
      // Not what sudo or cron say to the system's log.
      const ours = [`_SYSTEMD_INVOCATION_ID=${invocation}`, '_TRANSPORT=stdout']
      const { stdout } = await ask('journalctl', [...words, ...ours])
      return stdout.split('\n').filter((line) => line.trim() !== '')
    },
  }
}

/** One block of `Key=value` lines per unit, with an empty line in between. */
export function parseBlocks(text: string): UnitFacts[] {
  return text
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line.includes('=')))
    .filter((lines) => lines.length > 0)
    .map((lines) => Object.fromEntries(lines.map(splitOnce)))
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
