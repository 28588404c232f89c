/** What the hub's process uses. */
import t from 'tap'
import { addProcessMetrics } from '../../src/core/process-metrics.ts'
import { createRegistry } from '../../src/lib/metrics.ts'

t.test('the process is described by the usual names, with numbers that can be true', async (t) => {
  const registry = createRegistry()
  addProcessMetrics(registry)
  const text = registry.render()
  const valueOf = (name: string): number =>
    Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
  t.match(text, /^# TYPE process_cpu_seconds_total counter$/m)
  t.ok(valueOf('process_cpu_seconds_total') > 0)
  t.ok(valueOf('process_resident_memory_bytes') > 1e7)
  t.ok(valueOf('process_virtual_memory_bytes') > valueOf('process_resident_memory_bytes'))
  t.ok(valueOf('process_open_fds') > 2)
  t.ok(valueOf('process_max_fds') >= valueOf('process_open_fds'))
  t.ok(Math.abs(valueOf('process_start_time_seconds') + process.uptime() - Date.now() / 1000) < 5)
})
