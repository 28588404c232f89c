/** The slice that all servers run in: together they leave the hub its memory and its turn, whatever each of them may have. */
import { totalmem } from 'node:os'
import { HubError } from '../lib/errors.ts'
import { type Systemctl } from './systemctl.ts'

/**
 * Of all servers together; the hub's own slice, and whoever logs in at the machine, have 100 each (systemd's default). Who
 * wants a core that nobody else does gets all of it.
 */
const cpuWeight = 20

export interface Slice {
  /** Sets what all servers may use together; once, and again after it failed. @throws {HubError} Unavailable */
  prepare(): Promise<void>
}

export function createSlice(
  settings: { readonly slice: string; readonly reserved_memory: number },
  systemctl: Pick<Systemctl, 'setProperties' | 'show'>,
  totalBytes: number = totalmem(),
): Slice {
  let prepared: Promise<void> | undefined

  /** Then somebody has decided already, with what the machine is for in mind. */
  const hasUnitFile = async (): Promise<boolean> =>
    ((await systemctl.show(settings.slice))['FragmentPath'] ?? '') !== ''

  const memoryLimit = (): string[] => {
    if (settings.reserved_memory === 0) return []
    const memoryBytes = totalBytes - settings.reserved_memory
    if (memoryBytes <= 0)
      throw new HubError(
        'Unavailable',
        'This machine has less memory than is reserved for the hub: look at spawner.systemd.reserved_memory.',
      )
    return ['MemoryAccounting=yes', `MemoryMax=${memoryBytes}`]
  }

  const setLimits = async (): Promise<void> => {
    if (await hasUnitFile()) return
    const properties = [`CPUWeight=${cpuWeight}`, ...memoryLimit()]
    await systemctl.setProperties(settings.slice, properties)
  }

  return {
    prepare() {
      prepared ??= setLimits().catch((thrown: unknown) => {
        prepared = undefined
        throw thrown
      })
      return prepared
    },
  }
}
