/** Homes of unix accounts in a backup; with real accounts in install/restored-homes.test.ts. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { listAccountHomes, unpackAccountHomes } from '../../src/core/account-homes.ts'
import { makeBackup } from '../../src/core/backup.ts'
import { unpackBackup } from '../../src/core/restore.ts'
import { type UnixAccount } from '../../src/spawn/unix-accounts.ts'
import { makePlace, needsOf } from '../support/backup.ts'

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, shell: '/bin/sh' }

/** Accounts that are folders only, all of this process. */
function accountsIn(dir: string) {
  const made: string[] = []
  const accountOf = (slug: string): UnixAccount => {
    const name = `jupyter-${slug}`
    return { ...own, name, home: path.join(dir, name) }
  }
  return {
    made,
    find: ({ slug }: { readonly slug: string }) => Promise.resolve(accountOf(slug)),
    make({ slug }: { readonly slug: string }, { locked }: { readonly locked: boolean }) {
      const account = accountOf(slug)
      const isNew = !existsSync(account.home)
      if (isNew) mkdirSync(account.home)
      made.push(`${slug} ${locked ? 'locked' : 'open'}`)
      return Promise.resolve({ account, isNew })
    },
  }
}

async function backUpAccounts(t: Test) {
  const place = await makePlace(t, 'ana', 'ben')
  const homes = path.join(place.folder, 'home')
  mkdirSync(path.join(homes, 'jupyter-ana'), { recursive: true })
  writeFileSync(path.join(homes, 'jupyter-ana', 'notes'), 'of ana')
  const file = path.join(place.folder, 'x.tar.gz')
  const manifest = await makeBackup(
    { file, homes: true },
    { ...needsOf(place), accountHomes: (people) => listAccountHomes(accountsIn(homes), people) },
  )
  return { file, manifest, folder: place.folder }
}

t.test('who has a home is in the backup, by name, with all that is in it', async (t) => {
  const { file, manifest } = await backUpAccounts(t)
  t.same(manifest.accounts, { ana: { name: 'jupyter-ana', uid: own.uid } }, 'ben has none yet')
  const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n')
  t.ok(names.includes('accounts/jupyter-ana/notes'))
})

t.test('it is unpacked beside where it goes, and moved there together with the rest', async (t) => {
  const { file, folder } = await backUpAccounts(t)
  const unpacked = await unpackBackup(file, path.join(folder, 'unpacked'))
  const homesDir = path.join(folder, 'elsewhere')
  const accounts = accountsIn(homesDir)
  mkdirSync(homesDir)
  const needs = { accounts, homesDir, suffix: '.before' }
  const { moves, finish } = await unpackAccountHomes(file, unpacked, needs)
  t.same(accounts.made, ['ana open'])
  const [move] = moves
  t.match(move, { to: `${homesDir}/jupyter-ana`, aside: `${homesDir}/jupyter-ana.before` })
  t.equal(readFileSync(`${move?.from ?? ''}/notes`, 'utf8'), 'of ana')
  finish()
  t.same(readdirSync(homesDir), ['jupyter-ana'], 'nothing is left of the way there')
})

t.test('a home that is not called as its account is refused, not left out', async (t) => {
  const dir = t.testdir({ other: {} })
  const account = { ...own, name: 'jupyter-ana', home: path.join(dir, 'other') }
  const people = new Map([['ana', { id: 1, slug: 'ana', disabled: false }]])
  const found = await listAccountHomes({ find: () => Promise.resolve(account) }, people).catch(
    (thrown: unknown) => thrown,
  )
  t.match(found, { code: 'Conflict', message: /jupyter-ana is .*other, which is not called/ })
})
