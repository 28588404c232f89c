/** The hub's keys: made once, private, never half there. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readKey } from '../../src/config/secrets.ts'

t.test('a key is made once, for its owner only', async (t) => {
  const file = path.join(t.testdir(), 'key')
  const key = readKey(file)
  t.equal(key.length, 32)
  t.same(readKey(file), key)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(readdirSync(path.dirname(file)), ['key'])
  t.notSame(readKey(`${file}2`), key)
})

t.test('a key that others can read is refused with the remedy, and not quoted', async (t) => {
  const file = path.join(t.testdir(), 'key')
  readKey(file)
  for (const mode of [0o640, 0o604, 0o666]) {
    chmodSync(file, mode)
    t.throws(
      () => readKey(file),
      { name: 'ConfigError', message: /run: chmod 600/ },
      mode.toString(8),
    )
  }
})

t.test('a damaged key is refused, kept and not quoted', async (t) => {
  const file = path.join(t.testdir(), 'key')
  for (const text of ['', 'abc', 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65)]) {
    writeFileSync(file, text, { mode: 0o600 })
    t.throws(() => readKey(file), {
      name: 'ConfigError',
      message: /: key: is damaged; delete it.*log in again\.$/,
    })
    t.equal(readFileSync(file, 'utf8'), text)
  }
  t.throws(() => readKey(path.join(file, 'below')), { name: 'ConfigError' })
})
