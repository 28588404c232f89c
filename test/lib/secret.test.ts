/** Secrets: random, hashed, compared. */
import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { equalSecrets, hashSecret, hmac, newId, newSecret } from '../../src/lib/secret.ts'

t.test(
  'a secret is 256 random bits that fit a URL, and an id is 32 hexadecimal digits',
  async (t) => {
    const secrets = new Set(Array.from({ length: 1000 }, newSecret))
    t.equal(secrets.size, 1000)
    for (const secret of secrets) if (!/^[\w-]{43}$/.test(secret)) t.fail(secret)
    t.match(newId(), /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    t.not(newId(), newId())
  },
)

t.test('the hash is SHA-256', async (t) => {
  t.equal(hashSecret(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

t.test('only the same secret is equal', async (t) => {
  t.equal(equalSecrets('abc', 'abc'), true)
  for (const other of ['', 'abd', 'ab', 'abcd', 'ABC', 'abc\0'])
    t.equal(equalSecrets('abc', other), false)
  t.equal(equalSecrets('', ''), true)
})

t.test('a signature depends on key and text', async (t) => {
  const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
  const key = keyOf(1)
  t.equal(hmac(key, 'a'), hmac(keyOf(1), 'a'))
  t.not(hmac(key, 'a'), hmac(key, 'b'))
  t.not(hmac(key, 'a'), hmac(keyOf(2), 'a'))
  // RFC 4231 §4.3
  const jefe = Buffer.from(
    hmac(createSecretKey('Jefe', 'latin1'), 'what do ya want for nothing?'),
    'base64url',
  )
  t.match(jefe.toString('hex'), /^5bdcc146bf60754e/)
})
