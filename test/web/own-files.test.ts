/** Own logos and views are looked at when the hub starts. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { checkOwnFiles } from '../../src/web/own-files.ts'
import { temporaryFolder } from '../support/hub.ts'

t.test('nothing, and what can be used, is fine', async (t) => {
  const dir = temporaryFolder(t)
  mkdirSync(path.join(dir, 'partials'))
  writeFileSync(path.join(dir, 'home.eta'), '<h1><%= it.frame.hubPath %></h1>')
  writeFileSync(path.join(dir, 'logo.SVG'), '<svg/>')
  writeFileSync(path.join(dir, 'notes.txt'), '<% never read')
  t.doesNotThrow(() => checkOwnFiles({ views_dir: '', logo_file: '' }))
  const logo = path.join(dir, 'logo.SVG')
  t.doesNotThrow(() => checkOwnFiles({ views_dir: dir, logo_file: logo }))
})

t.test('everything that cannot be used is named at once', async (t) => {
  const dir = temporaryFolder(t)
  mkdirSync(path.join(dir, 'partials'))
  writeFileSync(path.join(dir, 'home.eta'), '<% if (')
  writeFileSync(path.join(dir, 'partials/time.eta'), '<%= it.at')
  const logo = path.join(dir, 'missing.png')
  const check = (): void => checkOwnFiles({ views_dir: dir, logo_file: logo })
  t.throws(check, { name: 'ConfigError', problems: { length: 3 } })
  t.throws(check, /logo_file: cannot be read.*views_dir: home\.eta: .*time\.eta: /s)
  const none = path.join(dir, 'none')
  t.throws(() => checkOwnFiles({ views_dir: none, logo_file: '' }), /views_dir: cannot be read/)
  const text = path.join(dir, 'logo.txt')
  t.throws(() => checkOwnFiles({ views_dir: '', logo_file: text }), /is no SVG, PNG/)
  const folder = path.join(dir, 'x.png')
  mkdirSync(folder)
  t.throws(() => checkOwnFiles({ views_dir: '', logo_file: folder }), /is no file/)
})
