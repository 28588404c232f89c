/** Waiting a moment for work. */
import t from 'tap'
import { createLog } from '../../src/lib/log.ts'
import { isSoonDone } from '../../src/web/patience.ts'

const log = createLog({ level: 'silent' })

t.test('quick work is done, and its failure is the caller’s', async (t) => {
  t.equal(await isSoonDone(Promise.resolve(), log), true)
  await t.rejects(isSoonDone(Promise.reject(new Error('no')), log), /no/)
})

t.test('slow work goes on by itself, and its failure is only logged', async (t) => {
  const lines: string[] = []
  const noisy = createLog({ level: 'info' }, { write: (line) => void lines.push(line) })
  const work = Promise.withResolvers<undefined>()
  t.equal(await isSoonDone(work.promise, noisy), false)
  work.reject(new Error('too late'))
  await work.promise.catch(() => undefined)
  await new Promise(setImmediate)
  t.match(lines.join(''), /too late/)
})
