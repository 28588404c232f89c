import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { checkServer } from '../../src/cli/check-server.ts'
import { type Finding } from '../../src/cli/finding.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { jupyterSettings, temporaryFolder } from '../support/hub.ts'

async function examine(t: Test, flags: Record<string, string>): Promise<Finding[]> {
  const folder = temporaryFolder(t)
  const settings = loadConfig({ env: {}, flags: { data_dir: folder, ...flags } }, pluginSchemas)
  const findings: Finding[] = []
  for await (const finding of checkServer(settings, {
    userName: 'doctor',
    signal: new AbortController().signal,
  }))
    findings.push(finding)
  t.same(readdirSync(folder), [], 'nothing is left')
  return findings
}

t.test('a real server starts as whom it should, and a kernel answers', async (t) => {
  const [server, door] = await examine(t, jupyterSettings)
  const uid = process.getuid?.() === 0 ? '15\\d{5}' : process.getuid?.()
  t.match(server, { check: 'server', level: 'ok', found: new RegExp(`running with uid ${uid}$`) })
  t.match(door, { check: 'front door', level: 'ok', found: /a kernel answered/ })
})

t.test('a program that ends at once is shown with its last lines', async (t) => {
  const script = path.join(temporaryFolder(t), 'broken')
  writeFileSync(script, '#!/bin/sh\necho "no module named jupyter" >&2\nexit 7\n', { mode: 0o755 })
  const findings = await examine(t, { 'spawner.cmd': script })
  t.equal(findings.length, 1)
  t.match(findings[0], { check: 'server', level: 'fail', found: /\| no module named jupyter/ })
  t.ok(findings[0]?.advice)
})

t.test('a program that is not there is said to be missing', async (t) => {
  const missing = path.join(temporaryFolder(t), 'missing')
  t.notOk(existsSync(missing))
  const [server] = await examine(t, { 'spawner.cmd': missing })
  t.match(server, { level: 'fail', found: /missing/ })
})

t.test('interrupted, it ends the server that it began and leaves nothing', async (t) => {
  const folder = temporaryFolder(t)
  const pidFile = path.join(temporaryFolder(t), 'pid')
  const script = path.join(temporaryFolder(t), 'silent')
  writeFileSync(pidFile, '', { mode: 0o666 })
  chmodSync(pidFile, 0o666)
  writeFileSync(script, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 600\n`, { mode: 0o755 })
  const flags = { data_dir: folder, 'spawner.cmd': script }
  const settings = loadConfig({ env: {}, flags }, pluginSchemas)
  const controller = new AbortController()
  const findings = checkServer(settings, { userName: 'doctor', signal: controller.signal })
  const first = findings.next()
  const pidOf = (): number => Number(readFileSync(pidFile, 'utf8'))
  while (pidOf() === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  controller.abort(new Error('interrupted'))
  t.match(await first, { value: { level: 'fail' } })
  await findings.return(undefined)
  t.same(readdirSync(folder), [])
  t.notOk(existsSync(`/proc/${pidOf()}`))
})
