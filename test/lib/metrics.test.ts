/** The text format of Prometheus. */
import t from 'tap'
import { createRegistry } from '../../src/lib/metrics.ts'

t.test('a histogram counts below each bound, and exists before anything happened', async (t) => {
  const registry = createRegistry()
  const initial = [{ status: 'ok' }]
  const took = registry.histogram({ name: 'took', help: 'Seconds.', buckets: [1, 5], initial })
  t.match(registry.render(), /^took_count\{status="ok"\} 0$/m)
  for (const value of [0.5, 1, 3, 9]) took.observe(value, { status: 'ok' })
  t.equal(
    registry.render(),
    [
      '# HELP took Seconds.',
      '# TYPE took histogram',
      'took_bucket{status="ok",le="1.0"} 2',
      'took_bucket{status="ok",le="5.0"} 3',
      'took_bucket{status="ok",le="+Inf"} 4',
      'took_sum{status="ok"} 13.5',
      'took_count{status="ok"} 4',
      '',
    ].join('\n'),
  )
})

t.test('counters count, gauges are read when asked for, labels are escaped', async (t) => {
  const registry = createRegistry()
  let now = 1
  const counter = registry.counter({ name: 'seen_total', help: 'Seen.' })
  registry.gauge({ name: 'now', help: 'Now.' }, () => [{ labels: { a: 'x"\\\n' }, value: now }])
  counter.add()
  counter.add()
  now = 2
  t.match(registry.render(), /^seen_total 2$/m)
  t.match(registry.render(), 'now{a="x\\"\\\\\\n"} 2')
})

t.test('a summary tells quantiles of what came last, and sums up everything', async (t) => {
  const registry = createRegistry()
  const took = registry.summary({ name: 'took', help: 'Seconds.' })
  t.match(registry.render(), /^took\{quantile="0\.5"\} 0$/m)
  for (let value = 1; value <= 2000; value += 1) took.observe(value)
  const text = registry.render()
  t.match(text, '# TYPE took summary\n')
  t.match(text, 'took{quantile="0.5"} 1501\n')
  t.match(text, 'took{quantile="0.99"} 1991\n')
  t.match(text, 'took_sum 2001000\ntook_count 2000\n')
})
