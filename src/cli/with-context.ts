/** The product's verbs for a command: everything but the web, on the hub's own database, beside a running hub or not. */
import { prepareDataDir } from '../config/data-dir.ts'
import { type LoadedConfig } from '../config/load.ts'
import { createContext, type WholeContext } from '../context.ts'
import { createLog } from '../lib/log.ts'
import { giveToOwnerOf } from '../lib/ownership.ts'
import { type Call } from './command.ts'
import { settingsOf } from './settings.ts'

/** What commands of root have made in the data folder becomes its owner's. Homes in there are people's. */
export const leaveToOwner = (dataDir: string): Promise<void> => giveToOwnerOf(dataDir, ['homes'])

/** Opens it, does `work`, closes it. What goes wrong in the parts is said on standard error. */
export const withContext = async <Result>(
  call: Call,
  work: (context: WholeContext) => Result | Promise<Result>,
): Promise<Result> => withContextOf(call, settingsOf(call), work)

/** The same with these settings, and not those that the command was told to find. */
export async function withContextOf<Result>(
  call: Call,
  settings: LoadedConfig,
  work: (context: WholeContext) => Result | Promise<Result>,
): Promise<Result> {
  prepareDataDir(settings.data_dir)
  const log = createLog({ level: 'error' }, { write: (line) => call.terminal.say(line.trimEnd()) })
  const context = createContext(settings, { log })
  try {
    return await work(context)
  } finally {
    await context.schedule.stop()
    context.store.close()
    await leaveToOwner(settings.data_dir)
  }
}
