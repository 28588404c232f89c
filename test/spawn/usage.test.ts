/** What a server uses. */
import { spawn } from 'node:child_process'
import t from 'tap'
import { startTimeOf } from '../../src/lib/process.ts'
import { runVariable } from '../../src/spawn/family.ts'
import { createUsageMeter } from '../../src/spawn/usage.ts'
import { eventually } from './support.ts'

t.test('the memory of a server is that of all its processes', async (t) => {
  const megabytes = 40
  const holder = `import time; data = b"x" * ${megabytes} * 2**20; print("ready", flush=True); time.sleep(600)`
  const child = spawn(
    '/bin/sh',
    ['-c', '/usr/bin/python3 -c "$0" & exec /usr/bin/python3 -c "$0"', holder],
    {
      env: { [runVariable]: 'measured' },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    },
  )
  t.teardown(() => process.kill(-(child.pid ?? 0), 'SIGKILL'))
  let output = ''
  child.stdout.on('data', (data) => (output += String(data)))
  await eventually(() => output === 'ready\nready\n')
  const pid = child.pid ?? 0
  const run = {
    pid,
    startTime: startTimeOf(pid) ?? '',
    uid: process.getuid?.() ?? 0,
    run: 'measured',
  }
  const usage = await createUsageMeter().measure(run)
  t.equal(usage?.processes, 2)
  const least = 2 * megabytes * 2 ** 20
  t.ok((usage?.memoryBytes ?? 0) > least && (usage?.memoryBytes ?? 0) < 2 * least)
  t.equal(await createUsageMeter().measure({ ...run, startTime: 'another-boot 1' }), undefined)
})
