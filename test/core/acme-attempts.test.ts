/** Failures are tried again with longer and longer pauses, which a restart does not forget. */
import t from 'tap'
import { createAttempts } from '../../src/core/acme-attempts.ts'
import { HOUR, MINUTE } from '../../src/lib/time.ts'
import { createClock } from '../support/clock.ts'

function prepare() {
  const known = new Map<string, string>()
  const facts = {
    find: (key: string) => known.get(key),
    set: (key: string, value: string) => void known.set(key, value),
  }
  const clock = createClock()
  return { clock, facts, attempts: () => createAttempts({ facts, clock }) }
}

const failure = { sentence: 'The name does not resolve.', wasAsked: true, retryAfterMs: undefined }

t.test('pauses grow from five minutes to twelve hours', async (t) => {
  const { clock, attempts } = prepare()
  const pauses: number[] = []
  for (let tries = 0; tries < 10; tries += 1) {
    const at = attempts().failed('a', failure)
    pauses.push((at.getTime() - clock.now().getTime()) / MINUTE)
    clock.advance(at.getTime() - clock.now().getTime() - 1)
    t.notOk(attempts().mayTry('a'))
    clock.advance(1)
    t.ok(attempts().mayTry('a'))
  }
  t.same(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 720, 720])
})

t.test('where nobody was asked it is tried again within a minute', async (t) => {
  const { clock, attempts } = prepare()
  const free = { ...failure, wasAsked: false }
  for (let tries = 0; tries < 3; tries += 1)
    t.equal(attempts().failed('a', free).getTime() - clock.now().getTime(), MINUTE)
  t.equal(attempts().failed('a', failure).getTime() - clock.now().getTime(), 5 * MINUTE)
})

t.test('an authority that wants to be left alone is', async (t) => {
  const { clock, attempts } = prepare()
  const at = attempts().failed('a', { ...failure, retryAfterMs: 24 * HOUR })
  t.equal(at.getTime() - clock.now().getTime(), 24 * HOUR)
})

t.test('what is wrong is known with the time of the next try, until it works', async (t) => {
  const { attempts } = prepare()
  t.equal(attempts().problem('a'), undefined)
  attempts().failed('a', failure)
  t.equal(attempts().problem('a'), 'The name does not resolve. The next try is after 2026-01-31 12:05 UTC.') // prettier-ignore
  attempts().succeeded('a')
  t.equal(attempts().problem('a'), undefined)
  t.notOk(attempts().mayTry('a'), 'a wrong clock asks for no second one')
})

t.test('something else is tried at once', async (t) => {
  const { attempts } = prepare()
  attempts().failed('a', failure)
  t.ok(attempts().mayTry('b'))
  t.equal(attempts().problem('b'), undefined)
})

t.test('pauses are kept where nothing can be written', async (t) => {
  const { clock, facts } = prepare()
  const set = (): never => {
    throw new Error('the disk is full')
  }
  const attempts = createAttempts({ facts: { ...facts, set }, clock })
  t.throws(() => attempts.failed('a', failure), /full/)
  t.notOk(attempts.mayTry('a'))
})

t.test('notes that cannot be read are none', async (t) => {
  const { facts, attempts } = prepare()
  facts.set('acme_attempt', '{"wanted":"a"}')
  t.ok(attempts().mayTry('a'))
})
