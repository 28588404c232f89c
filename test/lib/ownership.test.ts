/** Files given to somebody else; only root can. */
import { lchownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { giveTo } from '../../src/lib/ownership.ts'

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
