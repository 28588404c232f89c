import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import {
  finishRestore,
  putInPlace,
  unpackBackup,
  unpackHomes,
  unpackingDir,
} from '../../src/core/restore.ts'
import { peopleOf } from '../../src/store/snapshot.ts'
import { backUp, listing, makePlace, rewritten } from '../support/backup.ts'

const isRoot = process.getuid?.() === 0

/** What comes of unpacking it; the folder is removed again. */
async function outcomeOf(t: Test, file: string): Promise<unknown> {
  const dir = path.join(t.testdir(), 'unpacked')
  const outcome = await unpackBackup(file, dir).catch((e: unknown) => e)
  rmSync(dir, { recursive: true, force: true })
  return outcome
}

t.test('what is no backup, or no whole one, is refused with the reason', async (t) => {
  const place = await makePlace(t, 'ana')
  const file = await backUp(place)
  t.match(await outcomeOf(t, file), { users: 1 })

  const junk = path.join(place.folder, 'junk')
  writeFileSync(junk, 'x'.repeat(5000))
  t.match(await outcomeOf(t, junk), { code: 'InvalidInput', message: /junk is no backup/ })
  t.match(await outcomeOf(t, path.join(place.folder, 'none')), { code: 'InvalidInput' })

  const foreign = path.join(place.folder, 'foreign.tar.gz')
  execFileSync('tar', ['-czf', foreign, '-C', place.folder, 'config.yaml', 'junk'])
  t.match(await outcomeOf(t, foreign), { code: 'InvalidInput', message: /no backup of littlehub/ })

  const cut = path.join(place.folder, 'cut.tar.gz')
  cpSync(file, cut)
  truncateSync(cut, statSync(cut).size - 300)
  t.match(await outcomeOf(t, cut), { code: 'InvalidInput', message: /damaged or cut off/ })

  const tampered = rewritten(file, (dir) => writeFileSync(path.join(dir, 'signing-key'), 'mine'))
  t.match(await outcomeOf(t, tampered), {
    code: 'InvalidInput',
    message: /signing-key is not what/,
  })

  const linked = rewritten(file, (dir) => {
    rmSync(path.join(dir, 'signing-key'))
    symlinkSync('/etc/shadow', path.join(dir, 'signing-key'))
  })
  t.match(await outcomeOf(t, linked), { code: 'InvalidInput', message: /no backup of littlehub/ })
})

t.test('one of a newer version is left to that version', async (t) => {
  const file = await backUp(await makePlace(t, 'ana'))
  const newer = rewritten(file, (dir) => {
    const database = path.join(dir, 'littlehub.db')
    const sqlite = new Sqlite(database)
    sqlite.pragma('user_version = 999')
    sqlite.close()
    const manifest = JSON.parse(readFileSync(path.join(dir, 'manifest.json'), 'utf8'))
    manifest.parts['littlehub.db'] = createHash('sha256')
      .update(readFileSync(database))
      .digest('hex')
    writeFileSync(path.join(dir, 'manifest.json'), JSON.stringify(manifest))
  })
  t.match(await outcomeOf(t, newer), { code: 'Conflict', message: /newer.*schema is 999/ })
})

t.test('it is put in place as a whole, and what was there stays beside', async (t) => {
  const place = await makePlace(t, 'ana')
  const file = await backUp(place)
  const { dataDir } = await makePlace(t, 'ben')
  const unpacked = await unpackBackup(file, unpackingDir(dataDir))
  await unpackHomes(file, unpacked, { firstUid: undefined })
  putInPlace(unpacked, { dataDir, suffix: '.before' })
  finishRestore(dataDir)
  t.same([...peopleOf(path.join(dataDir, 'littlehub.db')).keys()], ['ana'])
  t.same([...peopleOf(path.join(dataDir, 'littlehub.db.before')).keys()], ['ben'])
  t.equal(readFileSync(path.join(dataDir, 'homes/ana/notes.txt'), 'utf8'), 'of ana')
  t.equal(readFileSync(path.join(dataDir, 'homes/ben/notes.txt'), 'utf8'), 'of ben')
  t.equal(statSync(path.join(dataDir, 'signing-key')).mode & 0o777, 0o600)
  t.notOk(existsSync(unpackingDir(dataDir)))
})

t.test('when one file cannot be put in place, none is', async (t) => {
  const file = await backUp(await makePlace(t, 'ana'))
  const { dataDir } = await makePlace(t, 'ben')
  const before = listing(dataDir)
  const unpacked = await unpackBackup(file, unpackingDir(dataDir))
  await unpackHomes(file, unpacked, { firstUid: undefined })
  const nowhere = { from: path.join(unpacked.dir, 'config.yaml'), to: '/none/config.yaml' }
  t.throws(() => putInPlace(unpacked, { dataDir, suffix: '.before', config: nowhere }))
  rmSync(path.join(dataDir, 'homes'), { recursive: true })
  t.throws(() => putInPlace(unpacked, { dataDir, suffix: '.before' }), Error, 'at a late step')
  t.same([...peopleOf(path.join(dataDir, 'littlehub.db')).keys()], ['ben'])
  finishRestore(dataDir)
  // Looking at the database makes the files beside it.
  const withoutHomes = (text: string): string[] =>
    text.split('\n').filter((line) => !/homes|-wal|-shm|notes/.test(line))
  t.same(withoutHomes(listing(dataDir)), withoutHomes(before))
})

t.test(
  'files of people are given to the uids of this machine',
  { skip: isRoot ? false : 'root only' },
  async (t) => {
    const place = await makePlace(t, 'ana')
    const home = path.join(place.dataDir, 'homes/ana')
    symlinkSync('/etc/passwd', path.join(home, 'link'))
    execFileSync('chown', ['-R', '-h', '200001:200001', home])
    execFileSync('chown', ['0:0', path.join(home, 'notes.txt')])
    const unpacked = await unpackBackup(await backUp(place), path.join(place.folder, 'unpacked'))
    await unpackHomes(path.join(place.folder, 'backup.tar.gz'), unpacked, { firstUid: 300_000 })
    const uidOf = (name: string): number =>
      lstatSync(path.join(unpacked.dir, 'homes/ana', name)).uid
    t.equal(uidOf('.'), 300_001)
    t.equal(uidOf('link'), 300_001)
    t.equal(uidOf('notes.txt'), 0, 'what was of somebody else is')
    t.equal(statSync('/etc/passwd').uid, 0)
  },
)
