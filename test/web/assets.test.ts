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
