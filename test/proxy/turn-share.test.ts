/** How much the servers may say in one turn of the event loop. */
import t from 'tap'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { bytesWorth, createTurnShare, type TurnShare } from '../../src/proxy/turn-share.ts'

const nothing = (): void => undefined

const kib = 1024

/** @returns how many reads of 64 KiB this turn has left. */
function useUp({ take }: TurnShare): number {
  let count = 0
  while (take(64 * kib, nothing)) count += 1
  return count
}

t.test('all share a turn; who wants more goes on in the next one', async (t) => {
  const share = createTurnShare()
  const wentOn: string[] = []
  const take = (name: string): boolean => share.take(64 * kib, () => wentOn.push(name))
  t.equal(take('one'), true)
  t.equal(useUp(share), 31)
  t.equal(take('two'), false)
  t.equal(take('three'), false)
  t.same(wentOn, [], 'not in this turn')
  await nextTurn()
  t.same(wentOn, ['two', 'three'])
  t.equal(useUp(share), 29, 'those who waited have their part of this turn')
  await nextTurn()
  t.same(wentOn, ['two', 'three'], 'nobody goes on twice')
})

t.test('a share that was not used up does not add to the next one', async (t) => {
  const share = createTurnShare()
  t.equal(share.take(64 * kib, nothing), true)
  await nextTurn()
  t.equal(useUp(share), 32)
  await nextTurn()
})

t.test(
  'beside small answers the shares are smaller, and whole again when there are no more',
  async (t) => {
    const share = createTurnShare()
    t.equal(useUp(share), 32)
    share.small()
    await nextTurn()
    t.equal(useUp(share), 3, 'one of four has waited')
    for (let turn = 0; turn < 40; turn++) {
      await nextTurn()
      share.take(64 * kib, nothing)
    }
    await nextTurn()
    t.equal(useUp(share), 32)
    await nextTurn()
  },
)

t.test(
  'of many who become ready at once, a few go on in each turn beside small answers',
  async (t) => {
    const share = createTurnShare()
    let wentOn = 0
    const wake = (): boolean => share.wake(64 * kib, () => (wentOn += 1))
    for (let reader = 0; reader < 50; reader++) t.equal(wake(), true, 'alone they are not held up')
    share.small()
    share.take(64 * kib, nothing)
    await nextTurn()
    let atOnce = 0
    for (let reader = 0; reader < 50; reader++) if (wake()) atOnce += 1
    t.equal(atOnce, 4)
    for (let together = 4; together < 50; together += 4) {
      await nextTurn()
      t.equal(wentOn, Math.min(together, 46))
    }
    await nextTurn()
  },
)

t.test('beside small answers a read brings half of what a turn has', async (t) => {
  const share = createTurnShare()
  t.equal(share.readBytes(), Infinity)
  share.small()
  t.equal(share.readBytes(), 128 * kib)
  share.take(64 * kib, nothing)
  await nextTurn()
  for (let reads = 0; reads < 2; reads++) t.equal(share.take(share.readBytes(), nothing), true)
  t.equal(share.take(share.readBytes(), nothing), false)
  await nextTurn()
})

t.test('what takes long counts for as much as would have passed meanwhile', (t) => {
  const worth = bytesWorth(performance.now() - 3)
  t.ok(worth >= 3 * kib * kib, `${worth}`)
  t.ok(bytesWorth(performance.now()) < worth)
  t.end()
})
