/** What the tests of the systemd spawner begin with, inside a machine. */
import { Value } from 'typebox/value'
import { systemdOptions, type SystemdOptions } from '../../../src/spawn/systemd-options.ts'

/** The defaults, with changes. */
export const systemdSettings = (change: Partial<SystemdOptions> = {}): SystemdOptions => ({
  ...(Value.Default(systemdOptions, {}) as SystemdOptions),
  stop_timeout: 5000,
  reserved_memory: 256 * 2 ** 20,
  ...change,
})
