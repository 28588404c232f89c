/** Things that come and go. */
import t from 'tap'
import { createBag } from '../../src/lib/bag.ts'

const named = (name: string) => ({ name, at: 0 })

t.test('what is taken out is gone, once, and all else stays', async (t) => {
  const bag = createBag<ReturnType<typeof named>>()
  const items = ['a', 'b', 'c', 'd'].map(named)
  for (const item of items) bag.add(item)
  const [, b, , d] = items
  const left = () =>
    bag
      .list()
      .map(({ name }) => name)
      .toSorted()
      .join('')
  t.ok(bag.remove(b!))
  t.notOk(bag.remove(b!))
  t.ok(bag.remove(d!))
  t.equal(left(), 'ac')
  t.equal(bag.size, 2)
  t.notOk(bag.remove(named('a')), 'one that looks like it')
  const before = bag.list()
  bag.add(named('e'))
  for (const item of items) bag.remove(item)
  t.equal(left(), 'e')
  t.equal(before.length, 2)
  t.notOk(createBag().remove(b!))
})
