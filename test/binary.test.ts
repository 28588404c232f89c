/** The files of the executable are laid out whole, once, and only where nobody else can write. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { layOut, type Carried } from '../src/binary.ts'
import { temporaryFolder } from './support/hub.ts'

const files: Readonly<Record<string, string>> = { 'views/a.eta': '<p>', 'package.json': '{}' }

const carriedOf = (change: Partial<Carried> = {}): Carried => ({
  build: '1.0-abc',
  list: () => Object.keys(files),
  read: (name) => Buffer.from(files[name] ?? ''),
  ...change,
})

t.test('every file is there, for this user alone', async (t) => {
  const home = path.join(temporaryFolder(t), 'cache', 'littlehub')
  const dir = layOut(carriedOf(), [home])
  t.equal(dir, path.join(home, '1.0-abc'))
  for (const [name, text] of Object.entries(files)) {
    t.equal(readFileSync(path.join(dir, name), 'utf8'), text)
    t.equal(statSync(path.join(dir, name)).mode & 0o777, 0o600)
  }
  for (const folder of [home, dir, path.join(dir, 'views')])
    t.equal(statSync(folder).mode & 0o777, 0o700, folder)
})

t.test('the second start of a build writes nothing, another build does', async (t) => {
  const home = path.join(temporaryFolder(t), 'littlehub')
  layOut(carriedOf(), [home])
  const unread = () => {
    throw new Error('it was read again')
  }
  t.equal(layOut(carriedOf({ read: unread }), [home]), path.join(home, '1.0-abc'))
  layOut(carriedOf({ build: '1.1-def' }), [home])
  t.same(readdirSync(home).sort(), ['1.0-abc', '1.1-def'])
})

t.test(
  'a full disk leaves nothing that looks complete, and the next folder is tried',
  async (t) => {
    const [one, other] = [temporaryFolder(t), temporaryFolder(t)].map((dir) => path.join(dir, 'x'))
    let reads = 0
    const failing = carriedOf({
      read: (name) => {
        reads += 1
        if (reads === 2) throw new Error('no space left on device')
        return Buffer.from(files[name] ?? '')
      },
    })
    const dir = layOut(failing, [one ?? '', other ?? ''])
    t.equal(path.dirname(dir), other)
    t.notOk(readdirSync(one ?? '').includes('1.0-abc'))
    t.equal(path.dirname(layOut(carriedOf(), [one ?? ''])), one)
  },
)

t.test('a folder that somebody else may have filled is not used', async (t) => {
  const root = temporaryFolder(t)
  const open = path.join(root, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  const linked = path.join(root, 'linked')
  mkdirSync(path.join(root, 'real'), { mode: 0o700 })
  symlinkSync(path.join(root, 'real'), linked)
  const file = path.join(root, 'file')
  writeFileSync(file, '', { mode: 0o600 })
  t.throws(() => layOut(carriedOf(), [open, linked]), /open: .*open to others.*linked: /)
  t.throws(() => layOut(carriedOf(), [file]), /no folder for the files/)
  t.same([...readdirSync(open), ...readdirSync(path.join(root, 'real'))], [])
})

const rootOnly = process.getuid?.() === 0 ? {} : { skip: 'only root can give a folder away' }

t.test('a private folder of somebody else is not used', rootOnly, async (t) => {
  const theirs = path.join(temporaryFolder(t), 'theirs')
  mkdirSync(theirs, { mode: 0o700 })
  chownSync(theirs, 61_234, 61_234)
  t.throws(() => layOut(carriedOf(), [theirs]), /belongs to somebody else/)
})
