/** Putting a home folder away. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { packHome } from '../../src/spawn/home-archive.ts'
import { temporaryFolder } from '../support/hub.ts'

t.test('all of it is in one file, which is its owner’s alone', async (t) => {
  const dir = t.testdir({ homes: { '-ana': { '.hidden': 'x', work: { 'a b': 'y' } } } })
  symlinkSync('/etc/shadow', path.join(dir, 'homes', '-ana', 'link'))
  const file = path.join(dir, 'archives', 'ana.tar.gz')
  t.equal(await packHome(path.join(dir, 'homes', '-ana'), file), true)
  const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' })
  for (const name of ['./-ana/.hidden', './-ana/work/a b', './-ana/link']) t.match(names, name)
  t.match(execFileSync('tar', ['-tvzf', file], { encoding: 'utf8' }), '-> /etc/shadow')
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('nothing is put in the place of what is there, and nothing half is left', async (t) => {
  const dir = t.testdir({ ana: { work: 'x' }, 'there.tar.gz': 'mine', file: '' })
  const home = path.join(dir, 'ana')
  t.equal(await packHome(path.join(dir, 'nobody'), path.join(dir, 'x.tar.gz')), false)
  for (const file of ['there.tar.gz', 'file/x.tar.gz']) {
    const error = await packHome(home, path.join(dir, file)).catch((thrown: unknown) => thrown)
    t.match(error, { code: 'Unavailable', message: /could not be archived/ })
  }
  t.ok(existsSync(path.join(home, 'work')))
  t.same(execFileSync('ls', [dir], { encoding: 'utf8' }), 'ana\nfile\nthere.tar.gz\n')
})

const rootOnly = process.getuid?.() === 0 ? {} : { skip: 'only root can mount a small disk' }

t.test('on a full disk the home stays and no file is left', rootOnly, async (t) => {
  const dir = temporaryFolder(t)
  const small = path.join(dir, 'small')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small])
  t.teardown(() => execFileSync('umount', [small]))
  writeFileSync(path.join(dir, 'noise'), randomBytes(1_000_000))
  const file = path.join(small, 'noise.tar.gz')
  const error = await packHome(path.join(dir, 'noise'), file).catch((thrown: unknown) => thrown)
  t.match(error, { message: /the disk is full/ })
  t.same(readdirSync(small), [])
  t.ok(existsSync(path.join(dir, 'noise')))
})
