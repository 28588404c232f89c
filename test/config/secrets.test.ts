/** The hub's keys: made once, private, never half there. */
import { randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { readKey, readKeys } from '../../src/config/secrets.ts'

// §9.98
t.test('a key is made once, for its owner only', async (t) => {
  const file = path.join(t.testdir(), 'key')
  const key = readKey(file)
  t.equal(key.length, 32)
  t.same(readKey(file), key)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(readdirSync(path.dirname(file)), ['key'])
  t.notSame(readKey(`${file}2`), key)
})

// §9.98
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

// §9.98
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

t.test('the given keys come before those of the file, in any of their spellings', async (t) => {
  const file = path.join(t.testdir(), 'keys')
  const [hex, base64, plain] = [randomBytes(32), randomBytes(32), Buffer.from('p'.repeat(32))]
  const given = `${hex.toString('hex')}; ${base64.toString('base64')};${plain.toString()};`
  t.same(readKeys(file, given), [hex, base64, plain])
  t.same(readdirSync(path.dirname(file)), [], 'no file is needed then')
  const [made] = readKeys(file, '')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(readKeys(file, given), [hex, base64, plain, made])
  writeFileSync(file, `\n${hex.toString('hex')}\n\n ${made.toString('hex').toUpperCase()} \n`)
  t.same(readKeys(file, ''), [hex, made])
})

t.test('what is no key is refused with its place, and not quoted', async (t) => {
  const file = path.join(t.testdir(), 'keys')
  for (const given of ['canary', 'a'.repeat(63), `${'a'.repeat(64)};canary`, 'c'.repeat(33)])
    t.throws(() => readKeys(file, given), {
      name: 'ConfigError',
      message: /^(?!.*(?:canary|aaa|ccc)).*JUPYTERHUB_CRYPT_KEY/s,
    })
  writeFileSync(file, `${'a'.repeat(64)}\ncanary\n`, { mode: 0o600 })
  t.throws(() => readKeys(file, ''), { message: /^(?!.*canary).*line 2/s })
  writeFileSync(file, '\n')
  t.throws(() => readKeys(file, ''), { message: /holds no key/ })
  chmodSync(file, 0o644)
  t.throws(() => readKeys(file, ''), { message: /run: chmod 600/ })
})
