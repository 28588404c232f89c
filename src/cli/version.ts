/** `littlehub version` */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { createInstallation } from '../config/installation.ts'
import { version as littlehub } from '../lib/version.ts'
import { knownSchema, schemaOf } from '../store/snapshot.ts'
import { hubOptions, jsonOption, type Call, type Command } from './command.ts'
import { settingsOf } from './settings.ts'

export const version: Command = {
  name: 'version',
  summary: 'Which littlehub this is, and which Node runs it.',
  details: [
    'JSON has also the schema of the database that it knows, and the one that the database has.',
  ],
  operands: [],
  options: { ...jsonOption, ...hubOptions },
  run(call) {
    const { node } = process.versions
    const fallback = createInstallation(process.execPath, '').fallback()
    if (call.isSet('json')) {
      const facts = { littlehub, node, schema: knownSchema(), ...databaseOf(call) }
      call.terminal.print(JSON.stringify({ ...facts, ...(fallback && { fallback }) }))
      return Promise.resolve(0)
    }
    call.terminal.print(`littlehub ${littlehub}, Node ${node}`)
    if (fallback) call.terminal.say(`${fallback.sentence}\n${fallback.advice}`)
    return Promise.resolve(0)
  },
}

/** A version is told whatever the configuration is like. */
function databaseOf(call: Call): { readonly database?: number } {
  try {
    const file = path.join(settingsOf(call).data_dir, 'littlehub.db')
    return existsSync(file) ? { database: schemaOf(file) } : {}
  } catch {
    return {}
  }
}
