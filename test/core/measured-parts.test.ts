/** Parts whose calls are measured. */
import t from 'tap'
import { createCore } from '../support/core.ts'
import { loopEveryMs } from '../../src/core/metrics.ts'
import {
  measureLoop,
  measureSpawner,
  measureStarts,
  prepareStarts,
} from '../../src/core/measured-parts.ts'
import { createFakeSpawner } from '../support/fake-spawner.ts'

t.test('routes that open and close, and questions to the spawner, are measured', async (t) => {
  const { context, addUser, serverOf } = createCore(t)
  const { metrics, servers } = context
  const server = await servers.start(serverOf(addUser('ana')))
  await servers.check(server)
  await servers.stop(server)
  for (const sample of [
    'jupyterhub_proxy_add_duration_seconds_count{status="success"} 1',
    'jupyterhub_proxy_delete_duration_seconds_count{status="success"} 1',
    'jupyterhub_server_poll_duration_seconds_count{status="ServerPollStatus.running"} 1',
    'jupyterhub_server_stop_seconds_count{status="success"} 1',
    'jupyterhub_server_stop_seconds_count{status="failure"} 0',
  ])
    t.ok(metrics.render().includes(`${sample}\n`), sample)
})

t.test('a stop that fails is measured, and fails all the same', async (t) => {
  const seen: unknown[] = []
  const spawner = measureSpawner(
    { ...createFakeSpawner(), stop: () => Promise.reject(new Error('it will not stop')) },
    {
      polled: (answer) => void seen.push(answer),
      stopped: (tookMs, status) => void seen.push([tookMs >= 0, status]),
    },
  )
  await t.rejects(spawner.stop({ run: 1 }), { message: 'it will not stop' })
  t.same(await spawner.poll({ run: 1 }), { alive: false })
  t.same(seen, [[true, 'failure'], 'stopped'])
})

t.test('warm and cold starts are counted', async (t) => {
  const gauges = new Map<string, () => number>()
  const metrics = { gauge: (name: string, _: string, read: () => number) => gauges.set(name, read) }
  const spawner = createFakeSpawner()
  measureStarts(spawner, metrics)
  spawner.answered?.({}, 250)
  t.same([gauges.get('warm_starts')?.(), gauges.get('cold_starts')?.()], [1, 1])
  measureStarts({}, metrics)
  t.same([gauges.get('warm_starts')?.(), gauges.get('cold_starts')?.()], [0, 0])
})

t.test('a turn of the event loop is never shorter than it is looked at', async (t) => {
  const turns: number[] = []
  let turn: (() => unknown) | undefined
  measureLoop({
    schedule: {
      every: (_ms, _what, work) => {
        turn = work
        return () => undefined
      },
    },
    metrics: { loopTurned: (tookMs) => void turns.push(tookMs) },
  })
  turn?.()
  t.equal(turns[0], loopEveryMs)
  await new Promise((resolve) => setTimeout(resolve, 2 * loopEveryMs))
  turn?.()
  t.ok((turns[1] ?? 0) > loopEveryMs)
})

t.test('servers are made ready for with the environment that they will have', async (t) => {
  const asked: unknown[] = []
  const spawner = { prepare: (...words: unknown[]) => void asked.push(words) }
  const settings = { cmd: ['jupyterhub-singleuser'], path: '/env/bin', environment: { TERM: 'x' } }
  prepareStarts({ spawner, config: { spawner: settings } })
  prepareStarts({ spawner: {}, config: { spawner: settings } })
  const environment = { PATH: '/env/bin', LANG: 'C.UTF-8', TERM: 'x' }
  t.same(asked, [[['jupyterhub-singleuser'], environment]])
})
