import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { getPriority } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { findRunningHub } from '../../src/config/data-dir.ts'
import { littlehub, startProgram, type Program } from '../support/command-line.ts'

const claimLink = /http:\/\/127\.0\.0\.1:(\d+)\/hub\/claim\/[\w-]{43}/

function serve(t: Test, dataDir = t.testdir()): { hub: Program; dataDir: string } {
  const environment = { LITTLEHUB_DATA: dataDir, LITTLEHUB_PASSWORD__BCRYPT_COST: '4' }
  return { hub: startProgram(t, ['serve', '--port', '0'], environment), dataDir }
}

t.test('says where it listens, and while it has no owner, how to become it', async (t) => {
  const { hub, dataDir } = serve(t)
  const [link, port] = await hub.waitFor(claimLink)
  t.match(hub.output(), `littlehub listens on http://127.0.0.1:${port}/`)
  t.equal((await fetch(link)).status, 200)
  t.equal((await fetch(`http://127.0.0.1:${port}/hub/health`)).status, 200)

  const environment = { LITTLEHUB_DATA: dataDir }
  const again = await littlehub(['claim'], { environment })
  t.match(
    again.out,
    new RegExp(`^http://127\\.0\\.0\\.1:${port}/hub/claim/`),
    'the port it really has',
  )
  t.equal((await fetch(link)).status, 404, 'the older link is dead')
})

t.test('its event loop goes before the threads beside it', async (t) => {
  const { hub } = serve(t)
  await hub.waitFor(claimLink)
  const threads = readdirSync(`/proc/${hub.pid}/task`).map(Number)
  const behind = threads.filter((id) => getPriority(id) > getPriority(hub.pid))
  t.equal(behind.length, threads.length - 1)
})

t.test('with an owner there is no claim link', async (t) => {
  const dataDir = t.testdir()
  await littlehub(['user', 'add', 'ana', '--admin'], { environment: { LITTLEHUB_DATA: dataDir } })
  const { hub } = serve(t, dataDir)
  await hub.waitFor(/littlehub listens on/)
  hub.send('SIGTERM')
  t.equal(await hub.ended, 0)
  t.notMatch(hub.output(), /claim/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  t.test(`${signal} stops it in good order`, async (t) => {
    const { hub, dataDir } = serve(t)
    await hub.waitFor(claimLink)
    t.ok(findRunningHub(dataDir))
    hub.send(signal)
    t.equal(await hub.ended, 0)
    t.match(hub.output(), /The hub has stopped\.\n$/)
    t.notOk(findRunningHub(dataDir))
    t.notOk(
      existsSync(path.join(dataDir, 'littlehub.db-wal')),
      'everything is in the database file',
    )
  })

t.test('a second signal ends it at once, whatever is still open', async (t) => {
  const { hub } = serve(t)
  const [, port] = await hub.waitFor(claimLink)
  // A request that never ends is what the hub waits for, for a while.
  const waiting = http.request(`http://127.0.0.1:${port}/hub/login`, {
    method: 'POST',
    headers: { 'content-length': 9, expect: '100-continue' },
  })
  waiting.on('error', () => undefined).flushHeaders()
  await once(waiting, 'continue')
  hub.send('SIGTERM')
  await hub.waitFor(/Stopping/)
  await new Promise((resolve) => setTimeout(resolve, 150))
  hub.send('SIGTERM')
  t.equal(await hub.ended, 130)
  waiting.destroy()
})

t.test('an administrator ends it through the API', async (t) => {
  const dataDir = t.testdir()
  const environment = { LITTLEHUB_DATA: dataDir }
  await littlehub(['user', 'add', 'ana', '--admin'], { environment })
  const { out: secret } = await littlehub(['token', 'add', 'ana'], { environment })
  const { hub } = serve(t, dataDir)
  const [, url = ''] = await hub.waitFor(/littlehub listens on (\S+)/)
  const response = await fetch(new URL('hub/api/shutdown', url), {
    method: 'POST',
    headers: { authorization: `token ${secret}` },
  })
  t.equal(response.status, 202)
  t.equal(await hub.ended, 0)
  t.match(hub.output(), /The hub has stopped/)
})

t.test('a port in use is said in one line; the exit code is 2 and nothing is left', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const dataDir = path.join(t.testdir(), 'data')
  const hub = startProgram(t, ['serve', '--port', String(port)], { LITTLEHUB_DATA: dataDir })
  t.equal(await hub.ended, 2)
  t.match(hub.output(), new RegExp(`port: 127\\.0\\.0\\.1:${port} is in use`))
  t.notMatch(hub.output(), / at .*\.ts/, 'no stack trace')
  t.notOk(findRunningHub(dataDir))
})

t.test('every problem of the configuration is said, and nothing is made', async (t) => {
  const dir = t.testdir()
  const file = path.join(dir, 'config.yaml')
  writeFileSync(file, 'port: 70000\nspawnr: {}\nsession: { idle_timeout: long }\n')
  const hub = startProgram(t, ['serve', '--config', file])
  t.equal(await hub.ended, 2)
  for (const line of [/config\.yaml:1: port/, /config\.yaml:2: spawnr.*spawner/, /idle_timeout/])
    t.match(hub.output(), line)
  t.notOk(existsSync(path.join(dir, 'data')))
})

t.test('a second hub on the same data is refused', async (t) => {
  const { hub, dataDir } = serve(t)
  await hub.waitFor(claimLink)
  const second = serve(t, dataDir).hub
  t.equal(await second.ended, 2)
  t.match(second.output(), new RegExp(`in use by a hub with process id ${hub.pid}`))
})

t.test(
  'an administrator of the configuration without a way in is named, with the remedy',
  async (t) => {
    const program = startProgram(t, ['serve'], {
      LITTLEHUB_DATA: t.testdir(),
      LITTLEHUB_PORT: '0',
      LITTLEHUB_ADMIN_USERS: 'Ana',
    })
    await program.waitFor(
      /administrator ana has no password yet; run: littlehub user reset-password ana/,
    )
  },
)
