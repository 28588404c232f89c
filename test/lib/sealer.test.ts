/** Sealed text opens with its key, at its place, unchanged, or not at all. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createSealer } from '../../src/lib/sealer.ts'

const [first, second] = [randomBytes(32), randomBytes(32)]

t.test('what is sealed is opened again, and never looks the same twice', async (t) => {
  const sealer = createSealer([first])
  for (const text of ['', 'canary', 'naïve 🗝️', 'x'.repeat(100_000)]) {
    const sealed = sealer.seal(text, 'here')
    t.equal(sealer.open(sealed, 'here'), text)
    t.not(sealer.seal(text, 'here'), sealed)
    if (text !== '') t.notOk(sealed.includes(text))
  }
})

t.test('another place, another key or any changed byte opens nothing', async (t) => {
  const sealer = createSealer([first])
  const sealed = sealer.seal('canary', 'here')
  t.equal(sealer.open(sealed, 'there'), undefined)
  t.equal(createSealer([second]).open(sealed, 'here'), undefined)
  const [id = '', content = ''] = sealed.split('.')
  const bytes = Buffer.from(content, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.equal(sealer.open(`${id}.${changed.toString('base64url')}`, 'here'), undefined, `byte ${at}`)
  }
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length).toString('base64url')
    t.equal(sealer.open(`${id}.${cut}`, 'here'), undefined, `${length} bytes`)
  }
  const { length } = createSealer([second]).seal('', 'here').split('.')[0] ?? ''
  for (const other of ['', '.', id, content, `${'0'.repeat(length)}.${content}`])
    t.equal(sealer.open(other, 'here'), undefined)
})

t.test('older keys open, and the newest seals (§9.140)', async (t) => {
  const old = createSealer([first])
  const both = createSealer([second, first])
  const sealed = old.seal('canary', 'here')
  t.equal(both.open(sealed, 'here'), 'canary')
  t.notOk(both.isOfNewestKey(sealed))
  const again = both.seal('canary', 'here')
  t.ok(both.isOfNewestKey(again))
  t.equal(createSealer([second]).open(again, 'here'), 'canary')
  t.equal(old.open(again, 'here'), undefined)
})
