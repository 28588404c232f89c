/** Static files: what is read, and what changes their address. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readAssets } from '../../src/web/assets.ts'
import { temporaryFolder } from '../support/hub.ts'

t.test('files are known by their names, and nothing else is', async (t) => {
  const dir = temporaryFolder(t)
  writeFileSync(path.join(dir, 'hub.css'), 'a{}')
  writeFileSync(path.join(dir, 'notes.txt'), 'not for the web')
  const { find } = readAssets([dir])
  t.match(find('hub.css'), { type: 'text/css; charset=utf-8', content: Buffer.from('a{}') })
  for (const name of ['notes.txt', '../hub.css', '', '.', 'constructor'])
    t.equal(find(name), undefined, name)
})

t.test('the version changes with any file', async (t) => {
  const dir = temporaryFolder(t)
  writeFileSync(path.join(dir, 'hub.css'), 'a{}')
  const before = readAssets([dir]).version
  t.equal(readAssets([dir]).version, before)
  writeFileSync(path.join(dir, 'hub.css'), 'b{}')
  t.not(readAssets([dir]).version, before)
})

t.test(
  'the first folder comes first, a missing one is none, and the logo may be elsewhere',
  async (t) => {
    const [own, ours] = [temporaryFolder(t), temporaryFolder(t)]
    for (const name of ['logo.svg', 'hub.css']) writeFileSync(path.join(ours, name), 'ours')
    writeFileSync(path.join(own, 'hub.css'), 'own')
    const assets = readAssets([own, ours])
    t.equal(String(assets.find('hub.css')?.content), 'own')
    t.equal(String(assets.logo?.content), 'ours')
    const withNone = readAssets([path.join(own, 'nothing'), ours])
    t.equal(String(withNone.find('hub.css')?.content), 'ours')
    const file = path.join(own, 'SCHOOL.PNG')
    writeFileSync(file, 'a logo')
    const changed = readAssets([own, ours], file)
    t.match(changed.logo, { type: 'image/png', content: Buffer.from('a logo') })
    t.not(changed.version, assets.version)
    t.throws(() => readAssets([ours], path.join(own, 'missing.png')), /ENOENT/)
  },
)
