/** S-08: what a stranger types as a name costs next to nothing: no hash, one short line, bounded memory. */
import t from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { createCore, origin, type Core } from '../support/core.ts'

async function answersTo(core: Core, names: readonly string[]): Promise<unknown[]> {
  const { login } = core.context
  return Promise.all(
    names.map((name) =>
      login.withPassword(name, 'x'.repeat(100), origin).catch((error: unknown) => error),
    ),
  )
}

/** What was logged since the hub began to answer. */
function linesFrom(core: Core): () => string[] {
  const before = core.lines.length
  return () => core.lines.slice(before)
}

function countHashes({ context: { passwords } }: Core): () => number {
  const { verify, verifyDummy } = passwords
  let count = 0
  passwords.verify = (...given) => ((count += 1), verify(...given))
  passwords.verifyDummy = (...given) => ((count += 1), verifyDummy(...given))
  return () => count
}

t.test('an impossible name is refused before hashing, with one short line', async (t) => {
  const core = createCore(t)
  const hashes = countHashes(core)
  const lines = linesFrom(core)
  const names = [
    'x'.repeat(2_000_000),
    '\u0000',
    'ana\nlogged in',
    'ana\r\n{"level":30}',
    '\u001b[31mana',
    'an\u0007a',
    'an\u202ea',
    '秀'.repeat(5000),
    '"'.repeat(5000),
    ' '.repeat(300),
  ]
  const answers = await answersTo(core, names)
  t.ok(answers.every((answer) => answer instanceof HubError && answer.code === 'InvalidInput'))
  t.equal(hashes(), 0)
  t.equal(lines().length, names.length, 'one line each')
  for (const line of lines()) {
    t.ok(Buffer.byteLength(line) < 200, `${Buffer.byteLength(line)} bytes`)
    t.ok(/^[\x20-\x7e\p{L}\p{P}\p{S}]*\n$/u.test(line), 'printable, and no second line')
  }
})

t.test('thousands of bad logins leave short lines, few hashes and a short list', async (t) => {
  const core = createCore(t)
  const hashes = countHashes(core)
  const lines = linesFrom(core)
  const names = Array.from({ length: 3000 }, (_, turn) => `stranger number ${turn}`)
  for (let from = 0; from < names.length; from += 100)
    await answersTo(core, names.slice(from, from + 100))
  t.ok(hashes() <= 300, `${hashes()} hashes`)
  t.equal(lines().length, names.length)
  t.ok(lines().every((line) => Buffer.byteLength(line) < 200))
  t.ok(core.context.login.listDelays().length <= 100)
  t.equal(core.context.store.users.count(), 0)
})

t.test('a password of two megabytes is a wrong password', async (t) => {
  const core = createCore(t)
  const { login } = core.context
  const lines = linesFrom(core)
  await t.rejects(login.withPassword('ana', 'x'.repeat(2_000_000), origin), { code: 'Forbidden' })
  t.ok(Buffer.byteLength(lines().join('')) < 200)
})
