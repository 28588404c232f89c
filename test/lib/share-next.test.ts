/** Work that is shared by those who ask in one moment. */
import t from 'tap'
import { shareNext } from '../../src/lib/share-next.ts'

function createBench() {
  const runs: { resolve: (value: number) => void; reject: (error: Error) => void }[] = []
  const ask = shareNext(
    () => new Promise<number>((resolve, reject) => runs.push({ resolve, reject })),
  )
  return { runs, ask }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('all who ask before it begins get the same', async (t) => {
  const { runs, ask } = createBench()
  const answers = Promise.all([ask(), ask(), ask()])
  await turn()
  t.equal(runs.length, 1)
  runs[0]?.resolve(7)
  t.same(await answers, [7, 7, 7])
})

t.test('whoever asks while it is done gets what is done after that', async (t) => {
  const { runs, ask } = createBench()
  const first = ask()
  await turn()
  const later = Promise.all([ask(), ask()])
  await turn()
  t.equal(runs.length, 1, 'one at a time')
  runs[0]?.resolve(1)
  t.equal(await first, 1)
  await turn()
  runs[1]?.resolve(2)
  t.same(await later, [2, 2])
  t.equal(runs.length, 2)
})

t.test('a failure is for those who had asked, and the next ones ask anew', async (t) => {
  const { runs, ask } = createBench()
  const first = ask().catch((error: unknown) => error)
  await turn()
  const second = ask()
  runs[0]?.reject(new Error('it failed'))
  t.match(await first, { message: 'it failed' })
  await turn()
  runs[1]?.resolve(3)
  t.equal(await second, 3)
})
