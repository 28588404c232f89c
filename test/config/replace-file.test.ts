import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { replaceFile } from '../../src/config/replace-file.ts'

t.test('mode and owner stay, and so does the version before', (t) => {
  const dir = t.testdir({ 'a.yaml': 'old' })
  const file = path.join(dir, 'a.yaml')
  chmodSync(file, 0o640)
  replaceFile(file, 'new')
  t.equal(readFileSync(file, 'utf8'), 'new')
  t.equal(readFileSync(`${file}.bak`, 'utf8'), 'old')
  for (const one of [file, `${file}.bak`]) t.equal(statSync(one).mode & 0o777, 0o640)
  t.same(readdirSync(dir).sort(), ['a.yaml', 'a.yaml.bak'], 'and nothing else is left')
  t.end()
})

t.test('a new file is its owner’s alone', (t) => {
  const file = path.join(t.testdir(), 'a.yaml')
  replaceFile(file, 'new')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.end()
})

t.test('a symbolic link goes on pointing to the file', (t) => {
  const dir = t.testdir({ real: { 'a.yaml': 'old' } })
  const link = path.join(dir, 'a.yaml')
  symlinkSync('real/a.yaml', link)
  replaceFile(link, 'new')
  t.ok(lstatSync(link).isSymbolicLink())
  t.equal(readFileSync(path.join(dir, 'real/a.yaml'), 'utf8'), 'new')
  t.end()
})

t.test('what cannot be written is as it was, and said', (t) => {
  const dir = t.testdir()
  writeFileSync(path.join(dir, 'file'), '')
  t.throws(() => replaceFile(path.join(dir, 'file', 'a.yaml'), 'x'), {
    code: 'Unavailable',
    message: /cannot be written/,
  })
  t.same(readdirSync(dir), ['file'])
  t.end()
})
