/** Files given to somebody else; only root can. */
import { lchownSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../support/hub.ts'
import { asOwnerOf, giveTo, giveToOwnerOf } from '../../src/lib/ownership.ts'

const rootOnly = process.getuid?.() === 0 ? {} : { skip: 'only root gives files away' }

t.test(
  'what is theirs becomes somebody else’s, links and all, and nothing more',
  rootOnly,
  async (t) => {
    const dir = t.testdir({ outside: '' })
    const home = path.join(dir, 'home')
    mkdirSync(home)
    writeFileSync(path.join(home, 'mine'), '')
    writeFileSync(path.join(home, 'of-another'), '')
    symlinkSync(path.join(dir, 'outside'), path.join(home, 'link'))
    for (const name of ['', 'mine', 'link']) lchownSync(path.join(home, name), 4001, 4001)
    lchownSync(path.join(home, 'of-another'), 4002, 4002)
    await giveTo(home, { uid: 5001, gid: 5009 })
    const owner = (name: string) => {
      const { uid, gid } = lstatSync(path.join(dir, name))
      return [uid, gid]
    }
    for (const name of ['home', 'home/mine', 'home/link']) t.same(owner(name), [5001, 5009], name)
    t.same(owner('home/of-another'), [4002, 4002])
    t.same(owner('outside'), [0, 0])
  },
)

t.test('what root leaves in a folder of somebody else is theirs', rootOnly, async (t) => {
  const dir = t.testdir({ data: { new: '', homes: { ana: '' }, logs: { log: '' }, other: '' } })
  const data = path.join(dir, 'data')
  lchownSync(path.join(data, 'other'), 4002, 4002)
  symlinkSync(path.join(dir, 'outside'), path.join(data, 'link'))
  writeFileSync(path.join(dir, 'outside'), '')
  const owner = (name: string) => lstatSync(path.join(dir, name)).uid
  await giveToOwnerOf(data, ['homes'])
  t.equal(owner('data/new'), 0, 'root’s own folder')
  lchownSync(data, 4001, 4001)
  await giveToOwnerOf(data, ['homes'])
  for (const name of ['new', 'homes', 'logs', 'logs/log', 'link'])
    t.equal(owner(`data/${name}`), 4001, name)
  t.equal(owner('data/homes/ana'), 0, 'files of people')
  t.equal(owner('data/other'), 4002)
  t.equal(owner('outside'), 0)
  await giveToOwnerOf(path.join(dir, 'none'), [])
})

t.test('what an owner cannot read is not read for them', rootOnly, async (t) => {
  const folder = temporaryFolder(t)
  const [closed, grouped] = [path.join(folder, 'closed'), path.join(folder, 'grouped')]
  writeFileSync(closed, 'x', { mode: 0o600 })
  writeFileSync(grouped, 'x', { mode: 0o640 })
  const read = (file: string) => () => readFileSync(file, 'utf8')
  t.equal(asOwnerOf(folder, read(closed)), 'x', 'root’s own folder')
  lchownSync(folder, 4001, 4009)
  for (const file of [closed, grouped])
    t.throws(() => asOwnerOf(folder, read(file)), { code: 'EACCES' })
  lchownSync(grouped, 0, 4009)
  t.equal(asOwnerOf(folder, read(grouped)), 'x')
  t.equal(read(closed)(), 'x', 'afterwards it is root again')
  t.equal(asOwnerOf(path.join(folder, 'none'), read(closed)), 'x')
})
