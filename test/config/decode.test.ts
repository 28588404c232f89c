/** Written values to values of the program. */
import t from 'tap'
import { Type, type TSchema } from 'typebox'
import { decode, isSecretKey, type Fault } from '../../src/config/decode.ts'
import { count, duration, flag, list, section, table, text } from '../../src/config/setting.ts'

function decoded(
  schema: TSchema,
  written: unknown,
  key = 'x',
): { value: unknown; faults: string[] } {
  const faults: Fault[] = []
  const value = decode(schema, written, { at: [key], dir: '/d', keys: ['cull.every'], faults })
  return { value, faults: faults.map(({ at, sentence }) => `${at.join('.')}: ${sentence}`) }
}

const schema = section(
  {
    port: count(5, 'P.', 10),
    wait: duration('2s', 'W.'),
    on: flag(true, 'O.'),
    names: list('N.'),
    vars: table('V.'),
    word: text('', 'T.'),
  },
  'S.',
)

t.test(
  'defaults are filled in, in units of the program, and what is written is kept',
  async (t) => {
    const all = { port: 5, wait: 2000, on: true, names: [], vars: {}, word: '' }
    t.same(decoded(schema, {}), { value: all, faults: [] })
    t.same(decoded(schema, null).value, all, 'a section with nothing in it')
    t.same(decoded(schema, { port: 0, on: false, vars: { A: 'b' } }).value, {
      ...all,
      port: 0,
      on: false,
      vars: { A: 'b' },
    })
  },
)

t.test('a wrong value leaves a hole and a sentence, and the rest goes on', async (t) => {
  const { value, faults } = decoded(schema, {
    port: 11,
    wait: 5,
    on: 'yes',
    names: [1],
    vars: { A: null },
    word: true,
  })
  t.match(value, { names: [undefined] })
  t.same(faults.length, 6)
  t.match(faults.join('\n'), /x\.port: expected a whole number from 0 to 10, found 11/)
  t.match(faults.join('\n'), /x\.wait: expected text, found 5; put it in quotes/)
  t.match(faults.join('\n'), /x\.vars\.A: has no value/)
})

t.test('what has no default is missing, and said to be', async (t) => {
  const faults: Fault[] = []
  decode(Type.Object({ id: Type.String() }), {}, { at: [], dir: '/', keys: [], faults })
  t.match(faults, [{ at: ['id'], isMissing: true }])
})

t.test('an unknown key is told with what was meant, here or elsewhere', async (t) => {
  t.match(decoded(schema, { prot: 1 }).faults, [/did you mean `port`/])
  t.match(decoded(schema, { every: '1s' }).faults, [/did you mean `cull\.every`/])
  t.match(decoded(schema, { zzzzzz: 1 }).faults, [/docs\/settings\.md lists all/])
})

t.test('long values are cut, secret ones not shown', async (t) => {
  t.ok((decoded(flag(true, 'F.'), 'x'.repeat(10_000)).faults[0] ?? '').length < 200)
  for (const key of ['client_secret', 'token', 'password'])
    t.notMatch(decoded(flag(true, 'F.'), 'hunter2', key).faults.join(''), /hunter2/)
  t.equal(isSecretKey('port'), false)
  t.match(decoded(text('', 'T.'), 'a\0b').faults, [/NUL/])
})
