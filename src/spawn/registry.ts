/** Every spawner there is. */
import { processSpawner } from './process.ts'
import { type SpawnerPlugin } from './spawner.ts'
import { systemdSpawner } from './systemd.ts'

export const spawners: Readonly<Record<string, SpawnerPlugin>> = {
  process: processSpawner,
  systemd: systemdSpawner,
}
