/** `littlehub upgrade` */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execa } from 'execa'
import { conflict, invalidInput } from '../lib/errors.ts'
import { UsageError, type Call, type Command } from './command.ts'

export const upgrade: Command = {
  name: 'upgrade',
  summary: 'Bring the installed hub to another version; one that does not answer is taken back.',
  details: [
    'Requests wait while the hub is started anew, and servers of people go on.',
    'The database is backed up before. If the new version does not answer, the one before runs again, and the exit code is 1.',
  ],
  operands: [],
  options: {
    archive: {
      type: 'string',
      value: 'FILE',
      help: 'This release archive; else it is downloaded.',
    },
    version: { type: 'string', value: 'V', help: 'This version; else the newest.' },
    'dry-run': { type: 'boolean', help: 'Say what would be done, and change nothing.' },
  },
  async run(call) {
    const [archive, version] = [call.text('archive'), call.text('version')]
    if (archive !== undefined && version !== undefined)
      throw new UsageError('--archive is one version already: leave --version out.', 'upgrade')
    const work = mkdtempSync(path.join(tmpdir(), 'littlehub-upgrade-'))
    try {
      const installer =
        archive === undefined ? ownInstaller(process.execPath) : await unpacked(archive, work)
      return await runInstaller(call, [installer, ...wordsFor({ archive, version })])
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  },
}

type Source = { readonly archive: string | undefined; readonly version: string | undefined }

/** What servers run is left as it is. */
const wordsFor = ({ archive, version }: Source): string[] => [
  ...(archive === undefined ? [] : ['--offline', path.resolve(archive)]),
  ...(version === undefined ? [] : ['--version', version]),
  ...['--user-env', 'none'],
]

/** The one that lies beside the installed program. @throws {HubError} Conflict */
export function ownInstaller(program: string): string {
  const installer = path.join(path.dirname(realpathSync(program)), 'install.sh')
  if (existsSync(installer)) return installer
  throw conflict(
    'This littlehub was not installed by install.sh: bring it to another version the way it came here.',
  )
}

/** The one of the new version knows what that one needs. @throws {HubError} InvalidInput */
async function unpacked(archive: string, into: string): Promise<string> {
  const words = ['--extract', '--gzip', `--file=${archive}`, `--directory=${into}`]
  const only = ['--strip-components=1', '--wildcards', 'littlehub-*/install.sh']
  const { failed } = await execa('tar', [...words, ...only], { reject: false, stdin: 'ignore' })
  if (failed) throw invalidInput(`${archive} is no release archive of littlehub.`)
  return path.join(into, 'install.sh')
}

async function runInstaller(call: Call, words: readonly string[]): Promise<number> {
  const dryRun = call.isSet('dry-run') ? ['--dry-run'] : []
  const { exitCode } = await execa('bash', [...words, ...dryRun], {
    reject: false,
    stdio: 'inherit',
  })
  return exitCode ?? 1
}
