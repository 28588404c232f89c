import t, { type Test } from 'tap'
import { createFakeSpawner, type FakeSpawner } from '../support/fake-spawner.ts'
import { littlehub, type Printed } from '../support/command-line.ts'
import { passwordOf, serverOf, startHub, type TestHub } from '../support/hub.ts'

/** Longest time until a running hub has noticed what a command changed, on a busy machine. */
const noticedMs = 10_000

type Beside = TestHub & {
  readonly spawner: FakeSpawner
  command(...words: readonly string[]): Promise<Printed>
}

/** A hub that runs, and commands beside it that know it only by its data folder. */
async function startBeside(
  t: Test,
  users: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Beside> {
  const spawner = createFakeSpawner()
  const running = await startHub(t, { users, spawner })
  const environment = {
    LITTLEHUB_DATA: running.dataDir,
    LITTLEHUB_PASSWORD__BCRYPT_COST: '4',
    ...more,
  }
  return {
    ...running,
    spawner,
    command: (...words) => littlehub(words, { environment, input: `${passwordOf('new')}\n` }),
  }
}

/** A browser's cookie after a login that this process vouches for. */
function cookieOf({ hub }: TestHub, name: string): string {
  const user = hub.context.store.users.getByName(name)
  const { secret } = hub.context.sessions.begin(user, { address: '127.0.0.1', userAgent: 'test' })
  return `littlehub-session=${secret}`
}

async function statusOf(
  { url }: TestHub,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  const response = await fetch(url + path, { headers, redirect: 'manual' })
  await response.body?.cancel()
  return response.status
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<boolean> {
  for (const end = Date.now() + noticedMs; Date.now() < end;) {
    if (await isTrue()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

t.test('a token made beside the running hub works at once, and revoked no longer', async (t) => {
  const beside = await startBeside(t, ['ana'])
  const { out: secret } = await beside.command('token', 'add', 'ana')
  const ask = () => statusOf(beside, '/hub/api/user', { authorization: `token ${secret}` })
  t.equal(await ask(), 200)
  t.match(await beside.command('token', 'revoke', 'a1'), { code: 0 })
  t.ok(await until(async () => (await ask()) === 403))
})

t.test('a right given or taken counts in the running hub, with a new login', async (t) => {
  const beside = await startBeside(t, ['ana', 'admin'])
  const ask = (cookie: string) => statusOf(beside, '/hub/admin', { cookie })
  const before = cookieOf(beside, 'ana')
  t.equal(await ask(before), 403)
  await beside.command('user', 'set-admin', 'ana')
  t.ok(await until(async () => (await ask(before)) === 302))
  const between = cookieOf(beside, 'ana')
  t.equal(await ask(between), 200)
  await beside.command('user', 'set-admin', 'ana', '--off')
  t.ok(await until(async () => (await ask(between)) === 302))
  t.equal(await ask(cookieOf(beside, 'ana')), 403)
})

t.test('a password set beside the running hub logs out what was logged in', async (t) => {
  const beside = await startBeside(t, ['ana'])
  const headers = { cookie: cookieOf(beside, 'ana') }
  t.equal(await statusOf(beside, '/hub/home', headers), 200)
  t.match(await beside.command('user', 'reset-password', 'ana', '--password-stdin'), { code: 0 })
  t.ok(await until(async () => (await statusOf(beside, '/hub/home', headers)) === 302))
})

t.test(
  'deleting somebody stops their servers in the running hub and closes what is open',
  async (t) => {
    const beside = await startBeside(t, ['ana', 'bob'])
    const { store, servers } = beside.hub.context
    for (const name of ['ana', 'bob']) {
      const [server] = store.servers.listOf(store.users.getByName(name).id)
      await servers.start(server!)
    }
    const headers = { cookie: cookieOf(beside, 'ana') }
    t.equal(await statusOf(beside, '/user/ana/', headers), 200)

    t.match(await beside.command('user', 'delete', 'ana', '--yes'), { code: 0, err: /was deleted/ })
    t.same(beside.spawner.running, ['bob'], 'the program is gone when the command ends')
    t.equal(store.users.findByName('ana'), undefined)
    t.ok(await until(async () => (await statusOf(beside, '/hub/home', headers)) === 302))
  },
)

t.test('when the hub does not do it, nobody is deleted', async (t) => {
  const beside = await startBeside(t, ['ana'])
  const { store, servers } = beside.hub.context
  const [server] = store.servers.listOf(store.users.getByName('ana').id)
  await servers.start(server!)
  const port = store.facts.find('internal_port')
  store.facts.set('internal_port', '1')
  const { code, err } = await beside.command('user', 'delete', 'ana', '--yes')
  store.facts.set('internal_port', port ?? '')
  t.equal(code, 1)
  t.match(err, /did not stop a server of ana; nothing was deleted/)
  t.ok(store.users.findByName('ana'))
  t.same(beside.spawner.running, ['ana'])
})

t.test('a hub whose tokens may not live long is asked with one that lives shorter', async (t) => {
  const beside = await startBeside(t, ['admin', 'ana'], { LITTLEHUB_TOKENS__MAX_AGE: '30s' })
  const { servers } = beside.hub.context
  await servers.start(serverOf(beside.hub, 'ana'))
  t.match(await beside.command('user', 'delete', 'ana', '--yes'), { code: 0 })
  t.equal(beside.hub.context.store.servers.countActive(), 0)
})
