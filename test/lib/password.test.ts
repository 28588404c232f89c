/** Password hashing: right answers, equal effort for wrong ones, and a gate that protects everybody else. */
import { getRounds } from 'bcrypt'
import t from 'tap'
import { createPasswords } from '../../src/lib/password.ts'

const password = 'purple otter climbs'

t.test('a hash fits its password and nothing else', async (t) => {
  const passwords = createPasswords({ cost: 4, concurrent: 2 })
  const hash = await passwords.hash(password)
  t.match(hash, /^\$2b\$04\$/)
  t.not(await passwords.hash(password), hash, 'each has a salt of its own')
  t.equal(await passwords.verify(password, hash), true)
  for (const wrong of ['', 'purple otter climb', `${password}s`, `${password}\0x`])
    t.equal(await passwords.verify(wrong, hash), false, wrong)
})

t.test('what bcrypt would cut off is refused, and never fits', async (t) => {
  const passwords = createPasswords({ cost: 4, concurrent: 2 })
  const longest = 'x'.repeat(72)
  const hash = await passwords.hash(longest)
  await t.rejects(passwords.hash(`${longest}x`), { code: 'InvalidInput' })
  await t.rejects(passwords.hash('a\0b'), { code: 'InvalidInput' })
  t.equal(await passwords.verify(`${longest}x`, hash), false)
  t.equal(await passwords.verify(longest, hash), true)
})

t.test('a damaged or empty hash fits nothing, and nothing is thrown', async (t) => {
  const passwords = createPasswords({ cost: 4, concurrent: 2 })
  for (const hash of ['', 'x', '$2b$04$short', '$1$abc', password, `$2b$99$${'a'.repeat(53)}`])
    t.equal(await passwords.verify(password, hash), false, hash)
  t.equal(await passwords.verifyDummy(password), false)
  t.equal(await passwords.verifyDummy(''), false)
})

t.test('a hash is to be made anew when its cost is lower, never when it is higher', async (t) => {
  const [weak, strong] = [4, 6].map((cost) => createPasswords({ cost, concurrent: 1 }))
  if (!weak || !strong) throw new Error('unreachable')
  const hash = await weak.hash(password)
  t.equal(strong.needsRehash(hash), true)
  t.equal(weak.needsRehash(await strong.hash(password)), false)
  t.equal(weak.needsRehash(hash), false)
  t.equal(await strong.verify(password, hash), true)
  t.equal(getRounds(await strong.hash(password)), 6)
})

/** The shortest of some runs: noise only makes a run longer. */
async function shortestMs(work: () => Promise<unknown>): Promise<number> {
  let shortest = Infinity
  for (let run = 0; run < 5; run++) {
    const began = performance.now()
    await work()
    shortest = Math.min(shortest, performance.now() - began)
  }
  return shortest
}

t.test(
  'an unknown name, a wrong password, one too long and an old hash take about as long',
  async (t) => {
    const passwords = createPasswords({ cost: 9, concurrent: 1 })
    const hash = await passwords.hash(password)
    const old = await createPasswords({ cost: 5, concurrent: 1 }).hash(password)
    const times = [
      await shortestMs(() => passwords.verifyDummy('wrong')),
      await shortestMs(() => passwords.verify('wrong', hash)),
      await shortestMs(() => passwords.verify('w'.repeat(100), hash)),
      await shortestMs(() => passwords.verify('wrong', old)),
    ]
    // A shortcut would be hundreds of times as fast.
    t.ok(Math.max(...times) < 4 * Math.min(...times), times.join(' '))
  },
)

t.test('no more are hashed at once than asked for, in the order of asking', async (t) => {
  const passwords = createPasswords({ cost: 4, concurrent: 1 })
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      passwords.verifyDummy('x').then(() => order.push(index)),
    ),
  )
  t.same(
    order,
    Array.from({ length: 20 }, (_, index) => index),
  )
})

t.test(
  'beyond the queue people are told to come back, and the place is free again afterwards',
  async (t) => {
    const passwords = createPasswords({ cost: 4, concurrent: 1, queueLimit: 2 })
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => passwords.verifyDummy('x')),
    )
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 3)
    for (const result of results)
      if (result.status === 'rejected')
        t.match(result.reason, { code: 'TooMany', retryAfterSeconds: 1 })
    t.equal(await passwords.verifyDummy('x'), false)
  },
)

t.test('a failure inside does not keep its place', async (t) => {
  const passwords = createPasswords({ cost: 4, concurrent: 1, queueLimit: 1 })
  for (let attempt = 0; attempt < 5; attempt++) await t.rejects(passwords.hash('a\0'))
  t.match(await passwords.hash(password), /^\$2b/)
})

t.test('the event loop runs on while a password is hashed', async (t) => {
  const passwords = createPasswords({ cost: 10, concurrent: 1 })
  let turns = 0
  const timer = setInterval(() => (turns += 1), 1)
  await passwords.hash(password)
  clearInterval(timer)
  t.ok(turns > 3, `${turns}`)
})
