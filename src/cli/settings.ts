/** The hub's settings, as a command was told to find them. */
import { loadConfig, type ConfigSources, type LoadedConfig } from '../config/load.ts'
import { pluginSchemas } from '../context.ts'
import { type Call } from './command.ts'

/** From `--config`, `--data` and the environment; `flags` are settings that the command has options of its own for. */
export function sourcesOf(
  call: Call,
  flags: Readonly<Record<string, string | undefined>> = {},
): ConfigSources {
  const { environment } = call.terminal
  const file = fileOf(call)
  const data = call.text('data') ?? filled(environment['LITTLEHUB_DATA'])
  return {
    file,
    fileRequired: file !== undefined,
    env: environment,
    flags: { data_dir: data, ...flags },
  }
}

/** @throws {ConfigError} with every problem there is. */
export const settingsOf = (
  call: Call,
  flags: Readonly<Record<string, string | undefined>> = {},
): LoadedConfig => loadConfig(sourcesOf(call, flags), pluginSchemas)

/** The configuration file that was named, if any. */
export const fileOf = ({ text, terminal }: Call): string | undefined =>
  text('config') ?? filled(terminal.environment['LITTLEHUB_CONFIG'])

/** A variable that is set to nothing is as good as unset. */
const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
