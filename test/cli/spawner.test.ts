import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { littlehub } from '../support/command-line.ts'
import { rootOnly } from '../spawn/support.ts'

function configuration(t: Test, text: string): string {
  const file = path.join(t.testdir(), 'config.yaml')
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

t.test('where servers are no units there is nothing to help with', async (t) => {
  const file = configuration(t, 'spawner: { type: process }\n')
  t.match(await littlehub(['spawner', '--config', file]), {
    code: 1,
    err: /spawner\.type is not systemd/,
  })
})

t.test('a configuration that others can change decides nothing', rootOnly, async (t) => {
  const file = configuration(t, 'spawner: { type: systemd }\n')
  chmodSync(file, 0o660)
  t.match(await littlehub(['spawner', '--config', file]), {
    code: 1,
    err: /can be changed by others than root/,
  })
})

t.test('without a socket of systemd it is no helper', rootOnly, async (t) => {
  const file = configuration(t, 'spawner: { type: systemd }\n')
  t.match(await littlehub(['spawner', '--config', file]), {
    code: 1,
    err: /It is started by systemd|can be changed by others/,
  })
})
