/** What a setting may be, in words. */
import t from 'tap'
import { Type } from 'typebox'
import { choicesOf, describeExpectation, numberOf } from '../../src/config/expectation.ts'

t.test('each kind of setting has its words', async (t) => {
  t.equal(
    describeExpectation(Type.Integer({ minimum: 0, maximum: 9 })),
    'expected a whole number from 0 to 9',
  )
  t.equal(describeExpectation(Type.Number({ minimum: 1 })), 'expected a number of at least 1')
  t.equal(numberOf(Type.Integer({ maximum: 9 })), 'a whole number of at most 9')
  t.equal(describeExpectation(Type.Boolean()), 'expected true or false')
  t.equal(
    describeExpectation(Type.Union([Type.Literal('a'), Type.Literal('b')])),
    'expected one of a, b',
  )
  t.equal(
    describeExpectation(Type.String({ minLength: 1 })),
    'expected text of at least 1 character',
  )
  t.equal(
    describeExpectation(Type.String({ pattern: 'x', description: 'Is x.' })),
    'expected what fits the sentence "Is x"',
  )
  t.equal(choicesOf(Type.Union([Type.Literal('a'), Type.String()])), undefined)
})
