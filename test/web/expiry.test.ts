/** How long something new may last. */
import t from 'tap'
import { DAY, HOUR, MINUTE } from '../../src/lib/time.ts'
import { chosenSeconds, shareValidities, tokenExpiries } from '../../src/web/expiry.ts'

const valuesOf = (maxMs: number): string[] => tokenExpiries(maxMs).map(({ value }) => value)
const chosenOf = (maxMs: number): string[] =>
  tokenExpiries(maxMs)
    .filter(({ selected }) => selected)
    .map(({ value }) => value)

t.test('§5.12: without a cap everything up to never, with one nothing beyond it', async (t) => {
  const all = ['3600', '86400', '604800', '2592000', '31536000']
  t.same(valuesOf(0), [...all, ''])
  t.same(valuesOf(DAY), ['3600', '86400'], 'the cap is one of them')
  t.same(valuesOf(36 * HOUR), ['3600', '86400', '129600'])
  t.same(valuesOf(30 * MINUTE), ['1800'])
  t.match(tokenExpiries(36 * HOUR)[2], { label: 'Longest (36 hours)' })
  t.match(tokenExpiries(90 * MINUTE)[1], { label: 'Longest (1 hour 30 min)' })
  t.match(tokenExpiries(30 * MINUTE)[0], { label: 'Longest (30 minutes)' })
  t.match(tokenExpiries(3 * DAY)[2], { label: 'Longest (3 days)' })
})

t.test('one is chosen: a month, or the longest there is', async (t) => {
  t.same(chosenOf(0), ['2592000'])
  t.same(chosenOf(365 * DAY), ['2592000'])
  for (const max of [30 * MINUTE, HOUR, DAY, 36 * HOUR])
    t.same(chosenOf(max).length, 1, String(max))
  t.match(
    shareValidities().find(({ selected }) => selected),
    { value: '86400' },
  )
})

t.test('what was not offered cannot be chosen', async (t) => {
  const options = tokenExpiries(0)
  t.equal(chosenSeconds(options, '3600'), 3600)
  t.equal(chosenSeconds(options, ''), 'never')
  t.equal(chosenSeconds(tokenExpiries(DAY), ''), undefined)
  for (const value of ['60', '-1', '3600.0', 'x']) t.equal(chosenSeconds(options, value), undefined)
})
