/** A data folder with people, and backups of it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Test } from 'tap'
import { makeBackup, type BackupNeeds } from '../../src/core/backup.ts'
import { copyDatabase, schemaOf } from '../../src/store/snapshot.ts'
import { littlehub } from './command-line.ts'
import { temporaryFolder } from './hub.ts'

export type Place = {
  readonly folder: string
  readonly dataDir: string
  readonly config: string
  /** Those of a command on it. */
  readonly options: readonly string[]
}

/** @param names of people with a file in their home */
export async function makePlace(t: Test, ...names: readonly string[]): Promise<Place> {
  const folder = temporaryFolder(t)
  const config = path.join(folder, 'config.yaml')
  writeFileSync(config, 'data_dir: ./data\nport: 0\npassword: { bcrypt_cost: 4 }\n', {
    mode: 0o600,
  })
  const place = {
    folder,
    dataDir: path.join(folder, 'data'),
    config,
    options: ['--config', config],
  }
  for (const name of names) {
    await littlehub(['user', 'add', name, ...place.options])
    const home = path.join(place.dataDir, 'homes', name)
    mkdirSync(home, { mode: 0o700 })
    writeFileSync(path.join(home, 'notes.txt'), `of ${name}`)
  }
  return place
}

export const needsOf = ({ dataDir, config }: Place): BackupNeeds => ({
  dataDir,
  configFile: config,
  now: new Date('2026-11-25T20:15:00Z'),
  copyDatabase(to) {
    copyDatabase(path.join(dataDir, 'littlehub.db'), to)
    return schemaOf(to)
  },
})

/** @returns the archive. */
export async function backUp(place: Place, homes = true): Promise<string> {
  const file = path.join(place.folder, 'backup.tar.gz')
  await makeBackup({ file, homes }, needsOf(place))
  return file
}

/** The same archive with what `change` does to its unpacked files. @returns the other one. */
export function rewritten(file: string, change: (dir: string) => void): string {
  const dir = mkdtempSync(`${file}.unpacked-`)
  const other = `${file}.rewritten`
  execFileSync('tar', ['-xzf', file, '-C', dir])
  change(dir)
  execFileSync('sh', ['-c', `cd '${dir}' && tar -czf '${other}' *`])
  rmSync(dir, { recursive: true })
  return other
}

/** A folder as it was, to compare it with what it is. */
export function listing(dir: string): string {
  const script = `cd '${dir}' && find . ! -name hub.lock -printf '%p %y %m %u\\n' -type f -exec sha256sum {} \\; | sort`
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' })
}
