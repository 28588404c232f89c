/** Tokens of a JupyterHub, as it hashes them. */
import t from 'tap'
import { importedHash, importedStart, isImported } from '../../src/model/jupyterhub-token.ts'

const secret = '0123456789abcdef0123456789abcdef'
/** Of JupyterHub's own `hash_token(secret, salt='00112233445566aa', rounds=1)`. */
const hashed =
  'sha512:1:00112233445566aa:63f21ee4eec79671532ebbe538704a4f0f2f6e9b50616c2a1d8fa90463806437da75f01ca4250c47826b90297b3cf94a34f7b381d7c164d4398a462e88a13734'

t.test('a secret that JupyterHub made is known by its hash', async (t) => {
  const hash = importedHash('0123', hashed) ?? ''
  t.ok(hash.startsWith(importedStart(secret) ?? 'none'))
  t.equal(isImported(hash, secret), true)
  t.equal(isImported(hash, secret.replace('0', '1')), false)
  t.equal(isImported('jupyterhub:0123:', secret), false)
})

t.test('one that somebody chose is not taken over, nor looked for', async (t) => {
  t.equal(importedHash('0123', hashed.replace(':1:', ':16384:')), undefined)
  t.equal(importedHash('a se', hashed), undefined)
  t.equal(importedHash('0123', 'md5:1:x:y'), undefined)
  t.equal(importedStart('a secret that somebody chose'), undefined)
})
