/** Taking back what was done of something that fails. */
import t from 'tap'
import { hubEnds, undoOnFailure } from '../../src/core/undo.ts'
import { createLog } from '../../src/lib/log.ts'

const fail = (reason?: Error) => {
  const lines: string[] = []
  const controller = new AbortController()
  const log = createLog({ level: 'debug' }, { write: (line) => void lines.push(line) })
  const done: string[] = []
  if (reason) controller.abort(reason)
  const work = undoOnFailure({ log, signal: controller.signal }, async (undo) => {
    undo(() => done.push('first'))
    undo(() => Promise.reject(new Error('it resists')))
    undo(() => done.push('last'))
    throw new Error('the work')
  })
  return { work: work.catch((e: unknown) => e), done, lines }
}

t.test('what was done is undone last first, and one that resists keeps no other', async (t) => {
  const { work, done, lines } = fail()
  t.match(await work, { message: 'the work' })
  t.same(done, ['last', 'first'])
  t.match(lines.join(''), /undoing a failed start/)
})

t.test('nothing is undone when it went well, or when the hub ends', async (t) => {
  const { work, done } = fail(hubEnds)
  t.match(await work, { message: 'the work' })
  t.same(done, [])
  const { signal } = new AbortController()
  const log = createLog({ level: 'silent' })
  const undone = await undoOnFailure({ log, signal }, async (undo) => {
    undo(() => done.push('x'))
    return 'well'
  })
  t.same([undone, done], ['well', []])
})
