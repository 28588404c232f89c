/** The slice that all servers run in: together they leave the hub its memory, whatever each of them may have. */
import { totalmem } from 'node:os'
import { HubError } from '../lib/errors.ts'
import { type Systemctl } from './systemctl.ts'

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

  const setLimit = async (): Promise<void> => {
    if (settings.reserved_memory === 0 || (await hasUnitFile())) return
    const memoryBytes = totalBytes - settings.reserved_memory
    if (memoryBytes <= 0)
      throw new HubError(
        'Unavailable',
        'This machine has less memory than is reserved for the hub: look at spawner.systemd.reserved_memory.',
      )
    const properties = ['MemoryAccounting=yes', `MemoryMax=${memoryBytes}`]
    await systemctl.setProperties(settings.slice, properties)
  }

  return {
    prepare() {
      prepared ??= setLimit().catch((thrown: unknown) => {
        prepared = undefined
        throw thrown
      })
      return prepared
    },
  }
}
