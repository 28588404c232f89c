/** Long work in pieces. */
import t from 'tap'
import { createTurns, giveWay, mapInTurns, whenDue } from '../../src/lib/turns.ts'
import { countTurns, workFor } from '../support/turns.ts'

t.test(
  'in the middle of long work others get their turn, and the results are in order',
  async (t) => {
    const seen: (number | string)[] = []
    setImmediate(() => seen.push('somebody else'))
    const results = await mapInTurns([1, 2, 3], (item) => {
      workFor(6)
      seen.push(item)
      return item * 2
    })
    t.same(results, [2, 4, 6])
    t.same(seen, [1, 'somebody else', 2, 3])
  },
)

t.test('short work waits for nobody', async (t) => {
  t.equal(createTurns()(), undefined)
})

t.test('the work of many adds up: they go on in later turns, one after the other', async (t) => {
  const giveWay = createTurns()
  const turns = countTurns(t)
  const order: number[] = []
  const work = async (name: number): Promise<void> => {
    await giveWay()
    workFor(6)
    turns.mark()
    order.push(name)
  }
  const first = giveWay()
  t.equal(first, undefined)
  workFor(6)
  await Promise.all([1, 2, 3, 4].map(work))
  t.same(order, [1, 2, 3, 4])
  t.same([turns.count, turns.most()], [4, 1])
})

t.test('how many wait costs no turn more', async (t) => {
  const giveWay = createTurns()
  const { setImmediate: real } = globalThis
  let asked = 0
  const counting = (...given: Parameters<typeof real>): NodeJS.Immediate => {
    asked += 1
    return real(...given)
  }
  t.teardown(() => (globalThis.setImmediate = real))
  globalThis.setImmediate = counting as typeof real
  const work = async (): Promise<void> => {
    await giveWay()
    workFor(0.3)
  }
  await Promise.all(Array.from({ length: 300 }, work))
  t.ok(asked < 300 * 20, `${asked} immediates`)
})

t.test('a piece is done at once, or when its turn comes', async (t) => {
  await new Promise(setImmediate)
  const done: string[] = []
  whenDue(() => {
    workFor(6)
    done.push('first')
  })
  whenDue(() => done.push('second'))
  t.same(done, ['first'])
  await giveWay()
  t.same(done, ['first', 'second'])
})

t.test('what an item throws ends the work', async (t) => {
  const fail = (): never => {
    throw new Error('no')
  }
  await t.rejects(mapInTurns([1], fail), { message: 'no' })
})
