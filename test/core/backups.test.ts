import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { backupDirOf, backupName, createBackups, listBackups } from '../../src/core/backups.ts'
import { unpackBackup } from '../../src/core/restore.ts'
import { DAY, HOUR, MINUTE } from '../../src/lib/time.ts'
import { createClock } from '../support/clock.ts'
import { silentLog, openStore, at } from '../support/database.ts'

function place(t: Test) {
  const data_dir = t.testdir({ 'signing-key': 'x' })
  const { store } = openStore(t, path.join(data_dir, 'littlehub.db'))
  const config = { data_dir, backup: { every: DAY, keep: 2, dir: '' } }
  const clock = createClock()
  const needs = { store, config, clock, log: silentLog, configFile: undefined }
  return { store, config, clock, backups: createBackups(needs), needs }
}

const names = (config: Parameters<typeof listBackups>[0]): string[] =>
  listBackups(config).map(({ file }) => path.basename(file))

t.test('one a day is made and the newest stay, whoever restarts the hub', async (t) => {
  const { store, config, clock, backups, needs } = place(t)
  store.users.create({ name: 'ana', admin: true, at: at(0) })
  await backups.keepUp()
  await backups.keepUp()
  const first = backupName(clock.now())
  t.same(names(config), [first])
  const unpacked = await unpackBackup(
    path.join(backupDirOf(config), first),
    path.join(config.data_dir, 'unpacked'),
  )
  t.equal(unpacked.users, 1)
  clock.advance(DAY - MINUTE)
  await createBackups(needs).keepUp()
  t.same(names(config), [first])
  writeFileSync(path.join(backupDirOf(config), 'mine.tar.gz'), '')
  for (let day = 0; day < 3; day += 1) {
    clock.advance(DAY)
    await createBackups(needs).keepUp()
  }
  t.equal(names(config).length, 2)
  t.equal(names(config)[0], backupName(clock.now()))
  t.same(readdirSync(backupDirOf(config)).sort(), ['mine.tar.gz', ...names(config)].sort())
  t.equal(listBackups(config)[0]?.at.getTime(), clock.now().getTime())
})

t.test('0s is never', async (t) => {
  const { config, backups } = place(t)
  config.backup.every = 0
  await backups.keepUp()
  t.notOk(existsSync(backupDirOf(config)))
})

t.test('what goes wrong is known until it goes right, and tried again in an hour', async (t) => {
  const { config, clock, backups } = place(t)
  writeFileSync(path.join(config.data_dir, 'backups'), 'in the way')
  await backups.keepUp()
  t.match(backups.problem, /could not be|ENOTDIR/)
  rmSync(path.join(config.data_dir, 'backups'))
  mkdirSync(path.join(config.data_dir, 'backups'))
  await backups.keepUp()
  t.same(names(config), [], 'not yet')
  clock.advance(HOUR)
  await backups.keepUp()
  t.equal(names(config).length, 1)
  t.equal(backups.problem, undefined)
})

t.test('what a killed hub left unfinished is cleared away, and nothing younger', async (t) => {
  const { config, backups } = place(t)
  const dir = backupDirOf(config)
  const name = backupName(at(0))
  mkdirSync(path.join(dir, `${name}.parts-abcDEF`), { recursive: true })
  for (const file of [`${name}.part`, `${backupName(at(DAY))}.part`])
    writeFileSync(path.join(dir, file), '')
  const old = new Date(Date.now() - 2 * DAY)
  for (const file of [`${name}.part`, `${name}.parts-abcDEF`])
    utimesSync(path.join(dir, file), old, old)
  await backups.keepUp()
  t.same(readdirSync(dir).sort(), [`${backupName(at(DAY))}.part`, ...names(config)].sort())
})
