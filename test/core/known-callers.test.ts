/** Who was identified, kept in memory. */
import t from 'tap'
import { createKnownCallers, endOf } from '../../src/core/known-callers.ts'

const at = (ms: number): Date => new Date(ms)
const caller = (id: number) => ({
  principal: { user: { id } },
  end: endOf({ expiresAt: at(100) }),
  mostIdleMs: 10,
})

t.test('a caller is known until the end, or until they are idle for too long', async (t) => {
  const known = createKnownCallers()
  const entry = known.add('a', caller(1))
  if (entry) entry.usedMs = 89
  t.equal(known.find('a', at(98)), entry)
  t.equal(known.find('a', at(99)), undefined, 'idle')
  const again = known.add('a', caller(1))
  if (again) again.usedMs = 95
  t.equal(known.find('a', at(99)), again)
  t.equal(known.find('a', at(100)), undefined, 'over')
  t.equal(known.find('a', at(99)), undefined, 'and not known any more')
})

t.test('all credentials of a user are forgotten together, and nobody else', async (t) => {
  const known = createKnownCallers()
  for (const [key, id] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ] as const)
    known.add(key, caller(id))
  known.forget(1)
  t.same(
    ['a', 'b', 'c'].filter((key) => known.find(key, at(0))),
    ['c'],
  )
  t.same([...known.everKnown], [1, 2])
})

t.test('nobody is not kept, and no more than so many are', async (t) => {
  const known = createKnownCallers(2)
  t.equal(known.add('a', undefined), undefined)
  for (const id of [1, 2, 3]) known.add(String(id), caller(id))
  t.same(
    ['1', '2', '3'].filter((key) => known.find(key, at(0))),
    ['3'],
  )
  t.same([...known.everKnown], [1, 2, 3], 'although they were pushed out of memory')
})
