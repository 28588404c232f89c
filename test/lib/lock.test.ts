/** One at a time per key. */
import t from 'tap'
import { createKeyedLock } from '../../src/lib/lock.ts'
import { sleep } from '../../src/lib/time.ts'

t.test(
  'under one key one works at a time, in order; keys do not wait for each other',
  async (t) => {
    const lock = createKeyedLock()
    const story: string[] = []
    const work = (name: string, ms: number) => async () => {
      story.push(`${name} in`)
      await sleep(ms)
      story.push(`${name} out`)
    }
    await Promise.all([
      lock.run('key', work('a', 20)),
      lock.run('key', work('b', 1)),
      lock.run('other', work('c', 1)),
    ])
    t.same(
      story.filter((line) => !line.startsWith('c')),
      ['a in', 'a out', 'b in', 'b out'],
    )
    t.ok(story.indexOf('c out') < story.indexOf('a out'))
  },
)

t.test('a failure is its own, and the next one goes on', async (t) => {
  const lock = createKeyedLock()
  const first = lock.run('key', () => Promise.reject(new Error('mine')))
  const second = lock.run('key', () => Promise.resolve('fine'))
  await t.rejects(first, /mine/)
  t.equal(await second, 'fine')
})

t.test('work that throws at once, or fails with nobody after it, frees the key', async (t) => {
  const lock = createKeyedLock()
  const broken = (): Promise<never> => {
    throw new Error('at once')
  }
  await t.rejects(
    lock.run('key', async () => broken()),
    /at once/,
  )
  await t.rejects(lock.run('key', broken), /at once/)
  t.equal(await lock.run('key', () => Promise.resolve(5)), 5)
})

t.test('the number 1 and the text "1" are different keys', async (t) => {
  const lock = createKeyedLock()
  const never = new Promise<void>(() => undefined)
  void lock.run(1, () => never)
  t.equal(await lock.run('1', () => Promise.resolve('free')), 'free')
})
