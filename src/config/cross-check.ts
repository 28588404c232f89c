/** What a schema cannot say: settings that must fit each other, and the plug-ins there are. */
import { nearest } from '../lib/nearest.ts'
import { type Fault } from './decode.ts'
import { type Config } from './schema.ts'
import { type PluginSchemas } from './sections.ts'

/** @param config with holes where something else is wrong already */
export function crossCheck(config: Partial<Config>, plugins: PluginSchemas): Fault[] {
  return [
    ...checkPorts(config),
    ...checkType('auth', config.auth?.type, Object.keys(plugins.auth)),
    ...checkType('spawner', config.spawner?.type, Object.keys(plugins.spawner)),
  ]
}

function checkPorts({ port = 0, internal_port = 0 }: Partial<Config>): Fault[] {
  if (port === 0 || port !== internal_port) return []
  const sentence = `is ${port}, like \`port\`; choose another one, or 0.`
  return [{ at: ['internal_port'], sentence, isMissing: false }]
}

function checkType(
  section: 'auth' | 'spawner',
  type: string | undefined,
  known: readonly string[],
): Fault[] {
  if (type === undefined || known.includes(type)) return []
  const meant = nearest(type, known)
  const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
  const sentence = `there is no '${type}'; known are ${known.join(', ')}.${hint}`
  return [{ at: [section, 'type'], sentence, isMissing: false }]
}
