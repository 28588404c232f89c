/** Asking until the answer is yes. */
import t from 'tap'
import { pollUntil } from '../../src/lib/poll.ts'

const options = { timeoutMs: 10_000, firstMs: 1, maxMs: 4, signal: new AbortController().signal }

t.test('it asks until the answer is yes', async (t) => {
  let asked = 0
  t.equal(await pollUntil(() => Promise.resolve(++asked === 4), options), true)
  t.equal(asked, 4)
})

t.test('it gives up when the time is over, and asks once even without any', async (t) => {
  let asked = 0
  const no = (): Promise<boolean> => {
    asked += 1
    return Promise.resolve(false)
  }
  t.equal(await pollUntil(no, { ...options, timeoutMs: 0 }), false)
  t.equal(asked, 1)
  t.equal(await pollUntil(no, { ...options, timeoutMs: 20 }), false)
  t.ok(asked > 2)
})

t.test('its pauses grow as they are told to', async (t) => {
  let asked = 0
  const late = (): Promise<boolean> => Promise.resolve(++asked === 50)
  t.equal(await pollUntil(late, { ...options, maxMs: 60_000, growth: 1 }), true)
  asked = 0
  t.equal(await pollUntil(late, { ...options, maxMs: 60_000, timeoutMs: 500 }), false)
})

t.test('it ends when it is called off', async (t) => {
  const off = new AbortController()
  const polling = pollUntil(() => Promise.resolve(false), {
    ...options,
    firstMs: 60_000,
    maxMs: 60_000,
    timeoutMs: 60_000,
    signal: off.signal,
  })
  off.abort(new Error('enough'))
  await t.rejects(polling, /enough/)
  let asked = 0
  await t.rejects(
    pollUntil(() => Promise.resolve(++asked > 0), { ...options, signal: off.signal }),
    /enough/,
  )
  t.equal(asked, 0)
})

t.test('an error of the question is the answer', async (t) => {
  await t.rejects(
    pollUntil(() => Promise.reject(new Error('gone')), options),
    /gone/,
  )
})
