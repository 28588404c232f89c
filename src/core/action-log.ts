/** The log of server actions: one line of JSON per start and stop, as JupyterHub's event log writes it (contract §7.7). */
import { appendFileSync } from 'node:fs'
import { asError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { type Clock } from '../lib/time.ts'

export type ActionLog = {
  /** Never throws: a log that cannot be written keeps no server from starting. */
  record(action: 'start' | 'stop', server: { userName: string; name: string }): void
}

const schema = 'https://schema.jupyter.org/jupyterhub/events/server-action'

/** @param needs.file empty: nothing is written. Opened for each line, so that it can be rotated. */
export function createActionLog(needs: {
  readonly file: string
  clock: Clock
  log: Log
}): ActionLog {
  const { clock, log } = needs
  return {
    record(action, { userName, name }) {
      const { file } = needs
      if (file === '') return
      const event = {
        __timestamp__: clock.now().toISOString(),
        __schema__: schema,
        __schema_version__: '1',
        __metadata_version__: 1,
        action,
        username: userName,
        servername: name,
      }
      try {
        appendFileSync(file, `${JSON.stringify(event)}\n`, { mode: 0o600 })
      } catch (thrown) {
        log.error({ error: asError(thrown), action }, 'writing the event log')
      }
    },
  }
}
