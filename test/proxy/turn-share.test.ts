/** How much the servers may say in one turn of the event loop. */
import t from 'tap'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTurnShare } from '../../src/proxy/turn-share.ts'

const MiB = 1024 * 1024

t.test('all share a turn; who wants more goes on before the next one', async (t) => {
  const share = createTurnShare()
  const wentOn: string[] = []
  const take = (name: string, bytes: number): boolean => share.take(bytes, () => wentOn.push(name))
  t.equal(take('one', MiB), true)
  t.equal(take('two', MiB), false)
  t.equal(take('three', 1), false)
  t.same(wentOn, [], 'not in this turn')
  await nextTurn()
  t.same(wentOn, ['two', 'three'])
  t.equal(take('one', MiB), true, 'the next turn has a share of its own')
  await nextTurn()
  t.same(wentOn, ['two', 'three'], 'nobody goes on twice')
})

t.test('a share that was not used up does not add to the next one', async (t) => {
  const share = createTurnShare()
  share.take(1, () => undefined)
  await nextTurn()
  t.equal(
    share.take(2 * MiB, () => undefined),
    false,
  )
  await nextTurn()
})
