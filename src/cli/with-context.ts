/** The product's verbs for a command: everything but the web, on the hub's own database, beside a running hub or not. */
import { prepareDataDir } from '../config/data-dir.ts'
import { createContext, type WholeContext } from '../context.ts'
import { createLog } from '../lib/log.ts'
import { type Call } from './command.ts'
import { settingsOf } from './settings.ts'

/** Opens it, does `work`, closes it. What goes wrong in the parts is said on standard error. */
export async function withContext<Result>(
  call: Call,
  work: (context: WholeContext) => Result | Promise<Result>,
): Promise<Result> {
  const settings = settingsOf(call)
  prepareDataDir(settings.data_dir)
  const log = createLog({ level: 'error' }, { write: (line) => call.terminal.say(line.trimEnd()) })
  const context = createContext(settings, { log })
  try {
    return await work(context)
  } finally {
    await context.schedule.stop()
    context.store.close()
  }
}
