import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { type Finding } from '../../src/cli/finding.ts'
import { noteUrl } from '../../src/cli/hub-url.ts'
import { littlehub, startProgram } from '../support/command-line.ts'
import { startHub, temporaryFolder } from '../support/hub.ts'

t.test('a healthy place is found healthy, line by line', async (t) => {
  const environment = { LITTLEHUB_DATA: path.join(t.testdir(), 'data'), LITTLEHUB_PORT: '0' }
  const { code, out } = await littlehub(['doctor', '--quick'], { environment })
  t.equal(code, 0)
  const checks = [
    'configuration',
    'data folder',
    'database',
    'backup',
    'disk',
    'memory',
    'clock',
    'port',
  ]
  for (const check of checks) t.match(out, new RegExp(`^(?:ok  |warn)  ${check}: `, 'm'))
  t.notMatch(out, /^FAIL/m)
})

t.test('what is wrong is said with what to do, and the exit code is 1', async (t) => {
  const dataDir = t.testdir({ 'signing-key': 'x' })
  chmodSync(path.join(dataDir, 'signing-key'), 0o644)
  const environment = { LITTLEHUB_DATA: dataDir, LITTLEHUB_PORT: '0' }
  const { code, out } = await littlehub(['doctor'], { environment })
  t.equal(code, 1)
  t.match(out, /^FAIL {2}data folder: others may read .*signing-key\n {6}→ Run: chmod go-rwx /m)
  t.notMatch(out, /server:/, 'nothing is started in a place that is not safe')
})

t.test('a wrong configuration is a finding for each problem', async (t) => {
  const file = path.join(t.testdir(), 'config.yaml')
  writeFileSync(file, 'port: many\nhots: x\n')
  const { code, out } = await littlehub(['doctor', '--config', file, '--json'])
  t.equal(code, 1)
  const findings = JSON.parse(out) as Finding[]
  t.same(
    findings.map(({ check, level }) => [check, level]),
    [
      ['configuration', 'fail'],
      ['configuration', 'fail'],
    ],
  )
})

t.test('a file with secrets that others may read is warned about', async (t) => {
  const file = path.join(t.testdir(), 'config.yaml')
  writeFileSync(file, 'port: 0\nauth: { type: dummy, dummy: { password: x } }\n')
  chmodSync(file, 0o644)
  const { code, out } = await littlehub(['doctor', '--config', file, '--quick'])
  t.equal(code, 0)
  t.match(out, /^warn {2}configuration: .*auth\.dummy\.password/m)
})

t.test('beside a running hub it is the hub that has the port', async (t) => {
  const { hub, dataDir } = await startHub(t, { users: ['ana'] })
  noteUrl(hub.context, hub.url)
  const environment = { LITTLEHUB_DATA: dataDir }
  const { code, out } = await littlehub(['doctor', '--quick', '--json'], { environment })
  t.equal(code, 0)
  const findings = JSON.parse(out) as Finding[]
  t.match(
    findings.find(({ check }) => check === 'port'),
    { level: 'ok', found: /the hub \(process \d+\) answers/ },
  )
  t.match(
    findings.find(({ check }) => check === 'database'),
    { level: 'ok', found: 'whole, 1 user' },
  )
  t.notOk(
    findings.some(({ check }) => check === 'event loop'),
    'there is no administrator in whose name the hub could be asked',
  )
})

t.test('the event loop of a running hub is looked at, and no token stays behind', async (t) => {
  const { hub, dataDir } = await startHub(t, { users: ['admin'] })
  noteUrl(hub.context, hub.url)
  const { store, clock, metrics } = hub.context
  for (let turn = 0; turn < 1000; turn++) metrics.loopTurned(300)
  hub.context.addedRoutes.add('/wiki', { target: 'http://127.0.0.1:9' })
  const environment = { LITTLEHUB_DATA: dataDir }
  const { code, out } = await littlehub(['doctor', '--quick'], { environment })
  t.equal(code, 0)
  t.match(out, /^warn {2}event loop: [\d.]+ % of its turns took longer .*\n {6}→ The hub waits/m)
  t.match(out, /^ok {4}routes: open to everybody, without a login at the hub: \/wiki \(http/m)
  const [admin] = store.users.listAdmins()
  t.ok(admin)
  t.same(store.tokens.listOf(admin?.id ?? 0, clock.now()), [])
})

t.test('services that the front door lets everybody through to are listed', async (t) => {
  const services = [
    { name: 'grader', url: 'http://127.0.0.1:9' },
    { name: 'wiki', url: 'http://127.0.0.1:10', access: 'members' },
  ]
  const environment = {
    LITTLEHUB_DATA: t.testdir(),
    LITTLEHUB_PORT: '0',
    LITTLEHUB_SERVICES: JSON.stringify(services),
  }
  const { out } = await littlehub(['doctor', '--quick'], { environment })
  t.match(out, /services: open to everybody, without a login at the hub: grader$/m)
})

t.test('interrupted while a server starts, it removes what it made', async (t) => {
  const folder = temporaryFolder(t)
  const dataDir = path.join(folder, 'data')
  const begun = path.join(folder, 'begun')
  const script = path.join(folder, 'silent')
  writeFileSync(script, `#!/bin/sh\n: > ${begun}\nexec sleep 600\n`, { mode: 0o755 })
  chmodSync(folder, 0o777)
  const environment = { LITTLEHUB_DATA: dataDir, LITTLEHUB_SPAWNER__CMD: JSON.stringify([script]) }
  const program = startProgram(t, ['doctor', '--port', '0'], environment)
  while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 50))
  program.send('SIGINT')
  t.equal(await program.ended, 130)
  t.match(program.output(), /Cleaning up\. Once more stops at once\./)
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('doctor-')),
    [],
  )
})
