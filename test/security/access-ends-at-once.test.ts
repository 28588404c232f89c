/** S-04, S-13, S-54 on real sockets: what a login or token opened closes with it, and another tab's goes on. */
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { removeExpired } from '../../src/core/housekeeping.ts'
import { DAY, HOUR } from '../../src/lib/time.ts'
import { createClock } from '../support/clock.ts'
import {
  cookieOf,
  get,
  startDoor,
  upgrade,
  type DoorOptions,
  type TestDoor,
} from '../support/door.ts'
import { eventually, type Peer } from '../support/proxy.ts'

/** A WebSocket, a stream that goes on, and a request that is not answered yet. */
async function openThings(door: TestDoor, credential: string): Promise<Peer[]> {
  const [socket, stream, request] = [await door.dial(), await door.dial(), await door.dial()]
  socket.write(upgrade('/user/ana/ws', credential))
  stream.write(get('/user/ana/events', credential))
  request.write(get('/user/ana/silence', credential))
  await socket.until('open')
  await stream.until('data: open')
  return [socket, stream, request]
}

async function startTwoTabs(t: Test, options: DoorOptions = {}) {
  const door = await startDoor(t, { users: ['ana', 'admin'], ...options })
  await door.startServer('ana')
  const login = door.logIn('ana')
  const mine = await openThings(door, cookieOf(login))
  const other = await openThings(door, cookieOf(door.logIn('ana')))
  const admins = await openThings(door, cookieOf(door.logIn('admin')))
  return { ...door, login, mine, other, admins }
}

const allEnded = (peers: readonly Peer[]): Promise<unknown> =>
  Promise.all(peers.map((peer) => peer.ended()))

let marks = 0

/** A stream and a WebSocket are open, and bytes still arrive. */
async function goOn(t: Test, door: TestDoor, [socket, stream]: readonly Peer[]): Promise<void> {
  for (const peer of [socket, stream]) t.equal(peer?.socket.readyState, 'open')
  const mark = `mark ${++marks} of this file`
  socket?.write(mark)
  await eventually(() => door.seenBy('ana').includes(mark))
}

t.test('a logout closes its own tab and no other', async (t) => {
  const door = await startTwoTabs(t)
  const { sessions } = door.hub.context
  const began = performance.now()
  sessions.end(door.login.session)
  await allEnded(door.mine)
  t.ok(performance.now() - began < 5000, 'within moments')
  await goOn(t, door, door.other)
  await goOn(t, door, door.admins)
  t.match(await door.ask(upgrade('/user/ana/ws', cookieOf(door.login))), /^HTTP\/1.1 401 /)
  t.match(await door.ask(get('/user/ana/', cookieOf(door.login))), /^HTTP\/1.1 302 /)
})

t.test('a user who is disabled loses everything, an administrator on their server nothing of their own', async (t) => {
  const door = await startTwoTabs(t)
  await door.hub.context.users.setDisabled(door.userOf('ana'), true)
  await allEnded([...door.mine, ...door.other])
  t.match(await door.ask(get('/hub/home', cookieOf(door.login))), /^HTTP\/1.1 302 /)
}) // prettier-ignore

t.test('a new password closes every other tab', async (t) => {
  const door = await startTwoTabs(t)
  await door.hub.context.users.setPassword(door.userOf('ana'), 'another long secret of ana')
  await allEnded([...door.mine, ...door.other])
  await goOn(t, door, door.admins)
})

t.test('a session past its end closes what it opened, however busy', async (t) => {
  const clock = createClock()
  const settings = { 'session.max_age': '1d' }
  const door = await startDoor(t, { users: ['ana'], clock, settings })
  await door.startServer('ana')
  const early = await openThings(door, cookieOf(door.logIn('ana')))
  clock.advance(DAY / 2)
  const late = await openThings(door, cookieOf(door.logIn('ana')))
  clock.advance(DAY / 2)
  await removeExpired(door.hub.context)
  await allEnded(early)
  await goOn(t, door, late)
})

t.test('a token that is revoked or past its end closes what it opened', async (t) => {
  const clock = createClock()
  const door = await startDoor(t, { users: ['ana'], clock })
  await door.startServer('ana')
  const { tokens } = door.hub.context
  const issue = (expiresInSeconds: number) =>
    tokens.issue({ user: door.userOf('ana'), note: '', expiresInSeconds })
  const [revoked, short, long] = [issue(9000), issue(3600), issue(9000)]
  const open = await Promise.all(
    [revoked, short, long].map(({ secret }) =>
      openThings(door, `Authorization: token ${secret}\r\n`),
    ),
  )
  tokens.revoke(revoked.token)
  await allEnded(open[0] ?? [])
  clock.advance(HOUR)
  await removeExpired(door.hub.context)
  await allEnded(open[1] ?? [])
  await goOn(t, door, open[2] ?? [])
})

t.test('an administrator who is none any more is out of the servers of others', async (t) => {
  const door = await startTwoTabs(t)
  const { users } = door.hub.context
  door.hub.context.users.add('owner', { admin: true })
  users.setAdmin(door.userOf('admin'), false)
  await allEnded(door.admins)
  await goOn(t, door, door.mine)
})

t.test('the progress of a start ends with the login that watches it', async (t) => {
  const door = await startDoor(t, { users: ['ana'], answer: () => '' })
  const { servers, sessions } = door.hub.context
  const starting = servers.start(door.serverOf('ana')).catch((error: unknown) => error)
  const login = door.logIn('ana')
  const watching = await door.dial()
  watching.write(get('/hub/api/users/ana/server/progress', cookieOf(login)))
  await watching.until('Server requested')
  sessions.end(login.session)
  await watching.until('\r\n0\r\n\r\n')
  await servers.stop(door.serverOf('ana'))
  await starting
})

const graderToken = 'token of the grader'.replaceAll(' ', '-')
const asGrader = `Authorization: token ${graderToken}\r\n`

/** A service with this role has things open on ana's server. */
async function startGrader(t: Test, scopes: readonly string[]) {
  const door = await startDoor(t, { users: ['ana', 'admin'] })
  await door.startServer('ana')
  const { services, roles, groups } = door.hub.context
  groups.createMany(['class'], ['ana'])
  const grader = { name: 'grader', apiToken: graderToken, command: [] }
  services.declare([grader])
  roles.declare([{ name: 'grader', scopes, services: ['grader'] }], [])
  const open = await openThings(door, asGrader)
  const mine = await openThings(door, cookieOf(door.logIn('ana')))
  return { ...door, open, mine, grader }
}

t.test('a service whose right ends is out at once, however it ends', async (t) => {
  type Grader = Awaited<ReturnType<typeof startGrader>>
  const ways: Record<string, (door: Grader) => void> = {
    'its role is gone': ({ hub }) => hub.context.roles.declare([], []),
    'its role allows less': ({ hub }) =>
      hub.context.roles.declare(
        [{ name: 'grader', scopes: ['access:servers!user=bob'], services: ['grader'] }],
        [],
      ),
    'its token is another': ({ hub }) =>
      void hub.context.services.renewToken(hub.context.store.services.getByName('grader')),
    'it is declared no more': ({ hub }) => hub.context.services.declare([]),
    'the owner of the server leaves the group': ({ hub }) =>
      hub.context.groups.removeUsers(hub.context.store.groups.getByName('class'), ['ana']),
  }
  for (const [way, end] of Object.entries(ways))
    await t.test(way, async (t) => {
      const door = await startGrader(t, ['access:servers!group=class'])
      door.hub.context.services.declare([door.grader])
      await goOn(t, door, door.open)
      end(door)
      await allEnded(door.open)
      await goOn(t, door, door.mine)
      t.notMatch(await door.ask(upgrade('/user/ana/ws', asGrader)), /^HTTP\/1.1 101/)
    })
})

t.test('a teacher loses what a student has open when one of the two leaves the class', async (t) => {
  for (const leaving of ['ana', 'admin2']) {
    const door = await startDoor(t, { users: ['ana', 'admin2'] })
    await door.startServer('ana')
    const { roles, groups, store } = door.hub.context
    groups.createMany(['class'], ['ana'])
    groups.createMany(['staff'], ['admin2'])
    const teacher = { name: 'teacher', scopes: ['access:servers!group=class'], groups: ['staff'] }
    roles.declare([teacher], [])
    const open = await openThings(door, cookieOf(door.logIn('admin2')))
    const mine = await openThings(door, cookieOf(door.logIn('ana')))
    const group = store.groups.getByName(leaving === 'ana' ? 'class' : 'staff')
    groups.removeUsers(group, [leaving])
    await allEnded(open)
    await goOn(t, door, mine)
  }
}) // prettier-ignore

t.test('a share past its end opens nothing, and what it opened closes', async (t) => {
  const clock = createClock()
  const door = await startDoor(t, { users: ['ana', 'bob', 'cleo'], clock })
  await door.startServer('ana')
  const { shares, access, store, groups } = door.hub.context
  groups.createMany(['friends'], ['cleo'])
  door.hub.context.users.add('owner', { admin: true })
  const login = door.hub.context.sessions.begin(door.userOf('owner'), { address: '', userAgent: '' })
  const issuer = access.identifySession({ cookie: `littlehub-session=${login.secret}` })?.scopes
  if (!issuer) throw new Error('not logged in')
  const server = { userName: 'ana', name: '' }
  for (const target of [{ user: 'bob' }, { group: 'friends' }])
    shares.grant(server, { with: target, issuer })
  const ends = (at: Date): void => {
    const database = new DatabaseSync(path.join(door.dataDir, 'littlehub.db'))
    database.prepare('update shares set expires_at = ?').run(at.getTime())
    database.close()
  }
  ends(new Date(clock.now().getTime() + HOUR))
  for (const name of ['bob', 'cleo']) access.forget(store.users.getByName(name).id)
  const logins = { bob: cookieOf(door.logIn('bob')), cleo: cookieOf(door.logIn('cleo')) }
  const open = [await openThings(door, logins.bob), await openThings(door, logins.cleo)]
  const mine = await openThings(door, cookieOf(door.logIn('ana')))
  clock.advance(HOUR - 1)
  await removeExpired(door.hub.context)
  for (const things of open) await goOn(t, door, things)
  clock.advance(1)
  for (const cookie of Object.values(logins))
    t.match(await door.ask(upgrade('/user/ana/ws', cookie)), /^HTTP\/1.1 403 /, 'before anybody looks')
  await removeExpired(door.hub.context)
  await allEnded(open.flat())
  await goOn(t, door, mine)
}) // prettier-ignore
