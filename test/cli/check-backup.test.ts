import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { checkBackup } from '../../src/cli/check-backup.ts'
import { backupName } from '../../src/core/backups.ts'
import { DAY, HOUR } from '../../src/lib/time.ts'

const now = new Date('2026-11-25T20:00:00Z')
const later = (ms: number): Date => new Date(Date.now() + ms)

t.test('the last backup is named, and one that is too old is warned about', async (t) => {
  const data_dir = t.testdir({ backups: {} })
  const settings = { data_dir, backup: { every: DAY, keep: 7, dir: '' } }
  writeFileSync(path.join(data_dir, 'backups', backupName(now)), 'x'.repeat(2048))
  t.match(checkBackup(settings, now), { level: 'ok', found: /2026-11-2.*2 KiB.*\/backups/ })
  const tooLate = new Date(now.getTime() + 3 * DAY)
  t.match(checkBackup(settings, tooLate), { level: 'warn', advice: /log of the hub/ })
})

t.test('a new hub has time for its first one', async (t) => {
  const data_dir = t.testdir({ 'littlehub.db': '' })
  const settings = { data_dir, backup: { every: DAY, keep: 7, dir: '' } }
  t.match(checkBackup(settings, later(0)), { level: 'ok', found: 'none yet' })
  t.match(checkBackup(settings, later(2 * HOUR)), { level: 'warn', found: 'there is none' })
  const never = { data_dir, backup: { every: 0, keep: 7, dir: '' } }
  t.match(checkBackup(never, later(2 * HOUR)), { level: 'warn', found: /backup\.every is 0s/ })
})

t.test('a folder that cannot be read is a finding as well', async (t) => {
  const data_dir = t.testdir({ file: '' })
  mkdirSync(path.join(data_dir, 'x'))
  const settings = { data_dir, backup: { every: DAY, keep: 7, dir: path.join(data_dir, 'file') } }
  t.match(checkBackup(settings, now), { level: 'warn', found: /cannot be read/ })
})
