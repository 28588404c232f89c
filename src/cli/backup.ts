/** `littlehub backup` */
import { statSync } from 'node:fs'
import path from 'node:path'
import { type LoadedConfig } from '../config/load.ts'
import { listAccountHomes } from '../core/account-homes.ts'
import { makeBackup } from '../core/backup.ts'
import { backupDirOf, backupName } from '../core/backups.ts'
import { systemClock } from '../lib/time.ts'
import { systemdOptionsOf } from '../spawn/systemd-options.ts'
import { createUnixAccounts } from '../spawn/unix-accounts.ts'
import { copyDatabase, schemaOf } from '../store/snapshot.ts'
import { hubOptions, jsonOption, type Call, type Command } from './command.ts'
import { settingsOf } from './settings.ts'
import { leaveToOwner } from './with-context.ts'
import { sizeInWords } from './words.ts'

export const backup: Command = {
  name: 'backup',
  summary: 'Write everything that makes this hub into one archive, beside the running hub.',
  details: [
    'In it are the database, the keys and the configuration: whoever can read it can become anybody.',
    'Without FILE it goes to where the hub keeps those that it makes itself (backup.dir), and is one of the backup.keep',
    'newest that stay there; with FILE it stays until you delete it.',
  ],
  operands: ['[FILE]'],
  options: {
    homes: { type: 'boolean', help: 'Also the files of people, as they are at this moment.' },
    ...jsonOption,
    ...hubOptions,
  },
  async run(call) {
    const settings = settingsOf(call)
    const systemd = systemdOptionsOf(settings)
    const now = systemClock.now()
    const [operand] = call.operands
    const file = path.resolve(operand ?? path.join(backupDirOf(settings), backupName(now)))
    const database = path.join(settings.data_dir, 'littlehub.db')
    const manifest = await makeBackup(
      { file, homes: call.isSet('homes') },
      {
        dataDir: settings.data_dir,
        configFile: settings.file,
        now,
        copyDatabase(to) {
          copyDatabase(database, to)
          return schemaOf(to)
        },
        ...(systemd && {
          accountHomes: (people) => listAccountHomes(createUnixAccounts(systemd), people),
        }),
      },
    )
    await leaveToOwner(settings.data_dir)
    const { size: bytes } = statSync(file)
    if (call.isSet('json')) call.terminal.print(JSON.stringify({ file, bytes, ...manifest }))
    else sayWritten(call, { file, bytes, settings })
    return 0
  },
}

type Written = {
  readonly file: string
  readonly bytes: number
  readonly settings: LoadedConfig
}

function sayWritten({ terminal, isSet }: Call, { file, bytes, settings }: Written): void {
  terminal.print(file)
  const homes = isSet('homes') ? ', with the files of people' : ', without the files of people'
  terminal.say(`${sizeInWords(bytes)}${homes}. Keep a copy on another machine.`)
  if (settings.file === undefined)
    terminal.say('There is no configuration file; what the environment says is not in it.')
}
