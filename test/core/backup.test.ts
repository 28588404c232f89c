import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { makeBackup } from '../../src/core/backup.ts'
import { schemaOf } from '../../src/store/snapshot.ts'
import { backUp, makePlace, needsOf } from '../support/backup.ts'

const namesIn = (file: string): string[] =>
  execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n')

t.test('one private archive has all that makes this hub this hub', async (t) => {
  const place = await makePlace(t, 'ana')
  writeFileSync(path.join(place.dataDir, 'auth-state-keys'), 'x')
  writeFileSync(path.join(place.dataDir, 'logs', 'ana.log'), 'not this')
  const file = path.join(place.folder, 'x.tar.gz')
  const manifest = await makeBackup({ file, homes: false }, needsOf(place))
  t.equal(statSync(file).mode & 0o777, 0o600)
  const parts = ['auth-state-keys', 'config.yaml', 'littlehub.db', 'signing-key']
  t.same(namesIn(file).sort(), [...parts, 'manifest.json'].sort())
  t.same(Object.keys(manifest.parts).sort(), parts)
  const schema = schemaOf(path.join(place.dataDir, 'littlehub.db'))
  t.match(manifest, { schema, made_at: '2026-11-25T20:15:00.000Z', homes: {} })
})

t.test('the files of people are in it when that is wanted, with whose they are', async (t) => {
  const place = await makePlace(t, 'ana', 'ben')
  const file = path.join(place.folder, 'x.tar.gz')
  const { homes } = await makeBackup({ file, homes: true }, needsOf(place))
  t.same(Object.keys(homes).sort(), ['ana', 'ben'])
  t.equal(homes['ana'], process.getuid?.())
  t.ok(namesIn(file).includes('homes/ben/notes.txt'))
})

t.test('nothing is written over, and what fails leaves nothing', async (t) => {
  const place = await makePlace(t, 'ana')
  const file = await backUp(place)
  const again = await makeBackup({ file, homes: false }, needsOf(place)).catch((e: unknown) => e)
  t.match(again, { code: 'Conflict', message: /there already/ })
  rmSync(file)
  const before = readdirSync(place.folder)
  const needs = { ...needsOf(place), copyDatabase: () => Promise.reject(new Error('it is busy')) }
  const failed = await makeBackup({ file, homes: false }, needs).catch((e: unknown) => e)
  t.match(failed, { code: 'Unavailable', message: /could not be written.*it is busy/ })
  t.same(readdirSync(place.folder), before)
})
