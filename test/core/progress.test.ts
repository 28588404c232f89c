/** The progress of a start: whole for everyone, however late, and to the end only. */
import t from 'tap'
import { createProgressLog, failedEvent, readyEvent } from '../../src/core/progress.ts'
import { collect } from '../support/core.ts'

const step = (progress: number) => ({ progress, message: `at ${progress}` })

t.test('early and late subscribers see the same, up to the last event', async (t) => {
  const log = createProgressLog()
  const { signal } = new AbortController()
  const early = collect(log.follow(signal))
  log.add(step(0))
  await Promise.resolve()
  log.add(step(50))
  log.add(step(60))
  const late = collect(log.follow(signal))
  log.finish(readyEvent('/user/ana/'))
  log.add(step(99))
  log.finish(failedEvent('too late'))
  const all = [step(0), step(50), step(60), readyEvent('/user/ana/')]
  t.same(await early, all)
  t.same(await late, all)
  t.same(await collect(log.follow(signal)), all, 'and after its end')
  t.same(log.events, all)
})

t.test('who goes away is let go', async (t) => {
  const log = createProgressLog()
  const gone = new AbortController()
  log.add(step(0))
  const seen = collect(log.follow(gone.signal))
  await new Promise((resolve) => setImmediate(resolve))
  gone.abort()
  t.same(await seen, [step(0)])
  t.same(await collect(log.follow(AbortSignal.abort())), [])
})

t.test('the last events are JupyterHub’s', async (t) => {
  t.same(readyEvent('/user/ana/'), {
    progress: 100,
    ready: true,
    message: 'Server ready at /user/ana/',
    html_message: 'Server ready at <a href="/user/ana/">/user/ana/</a>',
    url: '/user/ana/',
  })
  t.same(failedEvent('Spawn failed: no'), {
    progress: 100,
    failed: true,
    message: 'Spawn failed: no',
  })
})
