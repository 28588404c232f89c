/** A hub as a whole: it starts, refuses what cannot work, and leaves nothing behind. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { loadConfig } from '../src/config/load.ts'
import { pluginSchemas } from '../src/context.ts'
import { createHub } from '../src/hub.ts'
import { createLog } from '../src/lib/log.ts'
import { cookieOf, startDoor, upgrade } from './support/door.ts'
import { startHub, temporaryFolder } from './support/hub.ts'

const quiet = { log: createLog({ level: 'silent' }) }

const hubOn = (dataDir: string, port = 0) =>
  createHub(
    loadConfig({ env: {}, flags: { data_dir: dataDir, port: String(port) } }, pluginSchemas),
    quiet,
  )

const problemsOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => [],
    (thrown: unknown) => (thrown as { problems: unknown }).problems,
  )

t.test('a started hub answers, and a stopped one has let go of everything', async (t) => {
  const { hub, url, dataDir } = await startHub(t)
  t.equal((await fetch(`${url}/hub/health`)).status, 200)
  t.equal((await fetch(`${url}/hub/login`)).status, 200)
  t.equal(statSync(path.join(dataDir, 'littlehub.db')).mode & 0o777, 0o600)
  await hub.stop()
  await hub.stop()
  t.equal(existsSync(path.join(dataDir, 'hub.pid')), false)
  t.equal(existsSync(path.join(dataDir, 'littlehub.db-wal')), false, 'the log is folded in')
  await t.rejects(fetch(`${url}/hub/health`))
  await hub.start()
  t.equal((await fetch(`${hub.url}hub/health`)).status, 200, 'and it can start again')
})

t.test('a second hub on the same data folder is refused, and the first one goes on', async (t) => {
  const { url, dataDir } = await startHub(t)
  const problems = await problemsOf(hubOn(dataDir).start())
  t.match(problems, [{ key: 'data_dir', sentence: new RegExp(`process id ${process.pid}`) }])
  t.equal((await fetch(`${url}/hub/health`)).status, 200)
})

t.test('a port in use is one clear problem, and nothing is left half-started', async (t) => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const dataDir = path.join(temporaryFolder(t), 'data')
  const hub = hubOn(dataDir, (taken.address() as AddressInfo).port)
  t.match(await problemsOf(hub.start()), [{ key: 'port', sentence: /in use/ }])
  t.throws(() => hub.context, 'it does not run')
  const next = hubOn(dataDir)
  await next.start()
  t.teardown(() => next.stop())
  t.pass('the folder is free for another one')
})

t.test('servers reach the API inside, and nothing else, and no cookie counts there', async (t) => {
  const { hub } = await startHub(t, { users: ['ana'] })
  const port = Number(hub.context.store.facts.find('internal_port'))
  const ask = (address: string, headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port, path: address, headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
        .on('error', reject)
        .end()
    })
  const { user } = { user: hub.context.store.users.getByName('ana') }
  const { secret } = hub.context.sessions.begin(user, { address: '127.0.0.1', userAgent: 'test' })
  t.equal(await ask('/hub/api'), 200)
  t.equal(await ask('/hub/login'), 404)
  t.equal(await ask('/user/ana/'), 404)
  t.equal(await ask('/hub/apix'), 404)
  t.equal(await ask('/hub/api/user', { cookie: `littlehub-session=${secret}` }), 403)
  const token = hub.context.tokens.issue({ user, note: 'test' }).secret
  t.equal(await ask('/hub/api/user', { authorization: `token ${token}` }), 200)
})

t.test('a start encrypts auth state with the newest key, so that the older one can go', async (t) => {
  const settings = { 'auth.enable_auth_state': 'true' }
  const first = await startHub(t, { users: ['ana'], settings })
  const { store, authStates } = first.hub.context
  const { id } = store.users.getByName('ana')
  authStates.keep(id, { a: 1 })
  await first.hub.stop()
  const file = path.join(first.dataDir, 'auth-state-keys')
  const fresh = 'f0'.repeat(32)
  writeFileSync(file, `${fresh}\n${readFileSync(file, 'utf8')}`)
  const second = await startHub(t, { dataDir: first.dataDir, settings })
  await second.hub.stop()
  writeFileSync(file, `${fresh}\n`)
  const third = await startHub(t, { dataDir: first.dataDir, settings })
  t.same(third.hub.context.authStates.find(id), { a: 1 })
}) // prettier-ignore

t.test('the loopback port is the same after a restart', async (t) => {
  const first = await startHub(t)
  const before = first.hub.context.store.facts.find('internal_port')
  await first.hub.stop()
  const again = await startHub(t, { dataDir: first.dataDir })
  t.equal(again.hub.context.store.facts.find('internal_port'), before)
})

t.test('a request under way is answered before a stopping hub ends', async (t) => {
  const { hub, url } = await startHub(t)
  const answered = new Promise<number>((resolve, reject) => {
    const headers = { expect: '100-continue', 'content-length': 3 }
    const asking = httpRequest(`${url}/hub/login`, { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asking.on('error', reject)
    asking.on('continue', () => {
      const stopped = hub.stop()
      asking.end('a=b')
      t.teardown(() => stopped)
    })
    asking.flushHeaders()
  })
  t.equal(await answered, 403, 'its form is refused, but it is not cut off')
})

t.test('a step of stopping that fails is told, and keeps no other from being taken', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'error' }, { write: (line) => void lines.push(line) })
  const { hub, url, dataDir } = await startHub(t, { log })
  const { activity, servers } = hub.context
  activity.flush = () => {
    throw new Error('the disk is full')
  }
  servers.letGo = () => Promise.reject(new Error('it hangs on'))
  await hub.stop()
  t.match(lines.join(''), /it hangs on[^]*a step of stopping failed[^]*the disk is full/)
  await t.rejects(fetch(`${url}/hub/health`))
  t.equal(existsSync(path.join(dataDir, 'hub.pid')), false, 'the folder is free')
  t.equal(existsSync(path.join(dataDir, 'littlehub.db-wal')), false, 'the database is closed')
})

t.test('a hub that stops opens no WebSocket any more, and waits for none', async (t) => {
  const door = await startDoor(t, { users: ['ana'] })
  await door.startServer('ana')
  const cookie = cookieOf(door.logIn('ana'))
  const [open, late] = [await door.dial(), await door.dial()]
  open.write(upgrade('/user/ana/ws', cookie))
  await open.until('open')
  // Half a head keeps its connection from counting as idle.
  const bytes = upgrade('/user/ana/ws', cookie)
  late.write(bytes.slice(0, 40))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const stopped = door.hub.stop({ servers: true })
  await open.ended()
  late.write(bytes.slice(40))
  t.notMatch(await late.ended(), /^HTTP\/1\.1 101/)
  await stopped
  t.equal(door.seenBy('ana').split('GET /user/ana/ws').length, 2, 'one reached the server')
})
