/** Delays after failed logins: guessing is slow, owners and classes get in, memory is bounded (S-08, S-39). */
import t from 'tap'
import { createThrottle, type Throttle } from '../../src/lib/throttle.ts'
import { keptHeapBytes } from '../support/heap.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

function setUp(): { throttle: Throttle; pass(ms: number): void; now(): number } {
  let ms = Date.UTC(2026, 0, 1)
  const throttle = createThrottle({ clock: { now: () => new Date(ms) } })
  return { throttle, pass: (more) => void (ms += more), now: () => ms }
}

/** @returns how many attempts somebody gets who tries again whenever it is allowed. */
function attemptsWithin(
  { throttle, pass }: ReturnType<typeof setUp>,
  [durationMs, stepMs]: [number, number],
  attempt: (index: number) => [name: string, address: string],
): number {
  let attempts = 0
  for (let spent = 0; spent < durationMs; spent += stepMs) {
    const [name, address] = attempt(attempts)
    if (throttle.check(name, address).waitMs === 0) {
      attempts += 1
      throttle.failed(name, address)
    }
    pass(stepMs)
  }
  return attempts
}

t.test(
  'three typing errors cost nothing, the next ones more and more, half a minute at most',
  async (t) => {
    const { throttle, pass } = setUp()
    const waits = Array.from({ length: 12 }, () => {
      throttle.failed('ana', '192.0.2.1')
      const { waitMs } = throttle.check('ana', '192.0.2.1')
      pass(waitMs)
      t.equal(throttle.check('ana', '192.0.2.1').waitMs, 0, 'after waiting one may try')
      return waitMs / SECOND
    })
    t.same(waits.slice(0, 7), [0, 0, 0, 1, 2, 4, 8])
    t.equal(Math.max(...waits), 30)
  },
)

t.test('guessing one name from one address gets a few attempts a minute', async (t) => {
  const attempts = attemptsWithin(setUp(), [HOUR, SECOND], () => ['ana', '192.0.2.1'])
  t.ok(attempts < 150, `${attempts} attempts an hour`)
})

t.test(
  'guessing one name from a thousand addresses gets an attempt every few seconds',
  async (t) => {
    const attempts = attemptsWithin(setUp(), [HOUR, 100], (index) => [
      'ana',
      `10.0.${index % 40}.${index % 25}`,
    ])
    t.ok(attempts < 1000, `${attempts} attempts an hour`)
  },
)

t.test('trying a password on every name from one address becomes slow too', async (t) => {
  const hub = setUp()
  attemptsWithin(hub, [10 * MINUTE, SECOND], (index) => [`user${index}`, '192.0.2.1'])
  const attempts = attemptsWithin(hub, [HOUR, SECOND], (index) => [`name${index}`, '192.0.2.1'])
  t.ok(attempts < 600, `${attempts} attempts an hour`)
})

t.test(
  'the owner at their usual place does not notice strangers who guess their password',
  async (t) => {
    const hub = setUp()
    hub.throttle.succeeded('ana', '198.51.100.7')
    attemptsWithin(hub, [HOUR, SECOND], (index) => ['ana', `10.0.${index % 40}.${index % 25}`])
    t.equal(hub.throttle.check('ana', '198.51.100.7').waitMs, 0)
    t.ok(hub.throttle.check('ana', '10.9.9.9').waitMs > 0, 'while new addresses wait')
  },
)

t.test('the owner at a new place waits five seconds at most', async (t) => {
  const hub = setUp()
  for (let failure = 0; failure < 100_000; failure++)
    hub.throttle.failed('ana', `10.0.${failure % 200}.${failure % 250}`)
  const { waitMs } = hub.throttle.check('ana', '203.0.113.9')
  t.ok(waitMs > 0 && waitMs <= 5 * SECOND, `${waitMs}`)
})

t.test(
  'the owner behind the same address as the attacker waits five seconds at most',
  async (t) => {
    const { throttle } = setUp()
    throttle.succeeded('ana', '192.0.2.1')
    for (let failure = 0; failure < 5000; failure++) {
      throttle.failed('ana', '192.0.2.1')
      throttle.failed(`bogus${failure}`, '192.0.2.1')
    }
    const { waitMs } = throttle.check('ana', '192.0.2.1')
    t.ok(waitMs > 0 && waitMs <= 5 * SECOND, `${waitMs}`)
  },
)

t.test('a usual place is one for a month', async (t) => {
  const { throttle, pass } = setUp()
  throttle.succeeded('ana', '192.0.2.1')
  pass(31 * 24 * HOUR)
  for (let failure = 0; failure < 50; failure++) throttle.failed('ana', '10.0.0.1')
  t.ok(throttle.check('ana', '192.0.2.1').waitMs > 0)
})

t.test('a class of sixty behind one address, each wrong twice, is not kept waiting', async (t) => {
  const { throttle } = setUp()
  for (let failure = 0; failure < 2; failure++)
    for (let student = 0; student < 60; student++) {
      t.equal(throttle.check(`student${student}`, '192.0.2.1').waitMs, 0)
      throttle.failed(`student${student}`, '192.0.2.1')
    }
  for (let student = 0; student < 60; student++) {
    t.equal(throttle.check(`student${student}`, '192.0.2.1').waitMs, 0)
    throttle.succeeded(`student${student}`, '192.0.2.1')
  }
  t.same(throttle.list(), [])
})

t.test('class after class behind one address pays its errors back by logging in', async (t) => {
  const { throttle, pass } = setUp()
  let longestMs = 0
  for (let round = 0; round < 20; round++) {
    for (let student = 0; student < 60; student++) {
      for (let failure = 0; failure < 2; failure++) throttle.failed(`s${student}`, '192.0.2.1')
      longestMs = Math.max(longestMs, throttle.check(`s${student}`, '192.0.2.1').waitMs)
      throttle.succeeded(`s${student}`, '192.0.2.1')
    }
    pass(45 * MINUTE)
  }
  t.equal(longestMs, 0)
})

t.test(
  'an attacker with an account of their own cannot pay for guesses by logging in again and again',
  async (t) => {
    const { throttle } = setUp()
    for (let guess = 0; guess < 400; guess++) {
      throttle.failed(`name${guess}`, '192.0.2.1')
      throttle.succeeded('mallory', '192.0.2.1')
    }
    t.ok(throttle.check('victim', '192.0.2.1').waitMs > 10 * SECOND)
  },
)

t.test(
  'the addresses of one IPv6 network count as one, and different networks do not',
  async (t) => {
    const { throttle } = setUp()
    for (let guess = 0; guess < 10; guess++)
      throttle.failed('ana', `2001:db8:0:1::${guess.toString(16)}`)
    t.ok(
      throttle.check('ana', '2001:0DB8::1:ffff:0:0:1').waitMs > 5 * SECOND,
      'in another spelling',
    )
    t.equal(throttle.check('ana', '2001:db8:0:2::1').waitMs, 0)
    t.equal(throttle.check('ana', '2001:db8::1').waitMs, 0)
  },
)

t.test('an IPv4 address is the same one when written as IPv6', async (t) => {
  const { throttle } = setUp()
  for (let guess = 0; guess < 10; guess++) throttle.failed('ana', '::ffff:192.0.2.1')
  t.ok(throttle.check('ana', '192.0.2.1').waitMs > 5 * SECOND)
  t.equal(throttle.check('ana', '::ffff:192.0.2.2').waitMs, 0)
})

t.test('administrators see who is slowed down, why and until when', async (t) => {
  const { throttle, now } = setUp()
  for (let guess = 0; guess < 5; guess++) throttle.failed('ana', '192.0.2.1')
  t.same(throttle.list(), [
    { key: 'ana from 192.0.2.1', failures: 5, until: new Date(now() + 2 * SECOND) },
  ])
  throttle.succeeded('ana', '192.0.2.1')
  t.same(throttle.list(), [])
})

t.test('a name that contains another key is not that key', async (t) => {
  const { throttle } = setUp()
  for (let guess = 0; guess < 10; guess++) throttle.failed('ana from 192.0.2.1', '192.0.2.2')
  for (let guess = 0; guess < 10; guess++) throttle.failed('ana', '192.0.2.1 192.0.2.3')
  t.equal(throttle.check('ana', '192.0.2.1').waitMs, 0)
})

t.test('a clock that is set back locks nobody out', async (t) => {
  const { throttle, pass } = setUp()
  for (let guess = 0; guess < 300; guess++) throttle.failed('ana', '192.0.2.1')
  pass(-24 * HOUR)
  const { waitMs } = throttle.check('ana', '192.0.2.1')
  t.ok(waitMs <= 30 * SECOND, `${waitMs}`)
  pass(waitMs)
  t.equal(throttle.check('ana', '192.0.2.1').waitMs, 0)
})

t.test('a million bogus names keep memory flat', async (t) => {
  const { throttle, pass } = setUp()
  const fill = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      const name = `${index}`.padStart(64, 'x')
      const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
      throttle.check(name, address)
      throttle.failed(name, address)
      pass(1)
    }
  }
  fill(0, 100_000)
  const before = keptHeapBytes()
  fill(100_000, 1_000_000)
  // Ninety times the names that are kept would be some 500 MB.
  t.ok(keptHeapBytes() - before < 100 * 1024 ** 2)
  t.ok(throttle.list().length <= 100)
})
