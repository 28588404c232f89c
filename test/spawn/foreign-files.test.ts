/** Who else could change a user environment. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { findForeignFile } from '../../src/spawn/foreign-files.ts'
import { tinyEnvironment } from '../support/tiny-environment.ts'
import { rootOnly } from './support.ts'

t.test('an environment that only root and the hub can write to has no such file', async (t) => {
  const { python, dir } = tinyEnvironment(t, { one: '' })
  t.equal(await findForeignFile(python), undefined)
  writeFileSync(path.join(dir, '.lock'), '')
  chmodSync(path.join(dir, '.lock'), 0o666)
  t.equal(await findForeignFile(python), undefined, 'what is never run does not matter')
})

t.test('what others may write to is found', async (t) => {
  const { python, dir, sitePackages } = tinyEnvironment(t, { one: '' })
  for (const name of ['one.py', '', '../..']) {
    const file = path.join(sitePackages, name)
    chmodSync(file, 0o777)
    t.equal(await findForeignFile(python), file, name)
    chmodSync(file, 0o755)
  }
  chmodSync(path.join(dir, 'pyvenv.cfg'), 0o664)
  t.equal(await findForeignFile(python), path.join(dir, 'pyvenv.cfg'))
})

t.test('what belongs to somebody else is found', rootOnly, async (t) => {
  const { python, sitePackages } = tinyEnvironment(t, { one: '' })
  const link = path.join(sitePackages, 'link.pth')
  symlinkSync('/nonexistent', link)
  const file = path.join(sitePackages, 'one.py')
  for (const owned of [file, sitePackages, path.dirname(python)]) {
    chownSync(owned, 12_345, 0)
    t.equal(await findForeignFile(python), owned)
    chownSync(owned, 0, 0)
  }
  t.equal(await findForeignFile(python), undefined)
})

t.test('so is a folder above it', async (t) => {
  const { dir } = tinyEnvironment(t)
  const above = path.join(dir, 'above')
  mkdirSync(path.join(above, 'env', 'bin'), { recursive: true })
  const python = path.join(above, 'env', 'bin', 'python')
  symlinkSync('/usr/bin/python3', python)
  chmodSync(above, 0o777)
  t.equal(await findForeignFile(python), above)
  chmodSync(above, 0o1777)
  t.equal(await findForeignFile(python), undefined, 'nobody can replace anything there')
})
