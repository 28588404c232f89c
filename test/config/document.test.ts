/** The configuration file and the lines of its keys. */
import { chmodSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { execaSync } from 'execa'
import t from 'tap'
import { readDocument } from '../../src/config/document.ts'

t.test(
  'the line of a key, of an entry of a list, and of the nearest key above what is not there',
  async (t) => {
    const yaml = '# comment\na:\n  b: 1\n  c:\n    - x\n    - y\nd: &anchor\n  e: 1\nf: *anchor\n'
    const document = readDocument(path.join(t.testdir({ 'x.yaml': yaml }), 'x.yaml'), true)
    const rows: [(string | number)[], number | undefined][] = [
      [['a'], 2],
      [['a', 'b'], 3],
      [['a', 'c', 1], 6],
      [['a', 'nothing'], 2],
      [['f', 'e'], 8],
      [['nothing'], undefined],
      [[], undefined],
    ]
    for (const [at, line] of rows) t.equal(document.lineOf(at), line, at.join('.'))
  },
)

t.test('whether others can read it is seen', async (t) => {
  const file = path.join(t.testdir({ 'x.yaml': 'a: 1' }), 'x.yaml')
  chmodSync(file, 0o600)
  t.equal(readDocument(file, true).isPublic, false)
  chmodSync(file, 0o644)
  t.equal(readDocument(file, true).isPublic, true)
})

t.test('aliases that multiply without end are refused', async (t) => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'
      .split('')
      .map(
        (name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[index]}`).join(',')}]`,
      ),
  ].join('\n')
  const file = path.join(t.testdir({ 'x.yaml': bomb }), 'x.yaml')
  t.match(readDocument(file, true).problems, [{ source: file }])
  t.match(readDocument(file, true, bomb).problems, [{ source: file }], 'given as text as well')
})

t.test('what is no file of settings is refused, and nobody waits for it', async (t) => {
  const folder = t.testdir({ 'large.yaml': '', 'to-nowhere': t.fixture('symlink', '/dev/zero') })
  const rows: [string, RegExp][] = [
    ['large.yaml', /larger than 4 MB/],
    ['to-nowhere', /no regular file/],
    ['pipe', /no regular file/],
    ['.', /it is a folder/],
  ]
  truncateSync(path.join(folder, 'large.yaml'), 4 * 1024 ** 3)
  execaSync('mkfifo', [path.join(folder, 'pipe')])
  for (const [name, sentence] of rows) {
    const { problems } = readDocument(path.join(folder, name), true)
    t.match(problems, [{ key: 'file', sentence }], name)
  }
})
