/** Reports of activity (contract §3.9, §9.137). */
import t from 'tap'
import { readTime } from '../../src/api/activity.ts'
import { startApi } from '../support/api.ts'

const path = '/hub/api/users/ana/activity'

t.test('nobody, a wrong user, the right one, an admin, a narrower token', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, bob, admin] = [addUser('ana'), addUser('bob'), addUser('admin')]
  const body = { last_activity: '2026-01-31T11:00:00Z' }
  t.equal((await nobody('POST', path, body)).status, 403)
  t.equal((await as(bob)('POST', path, body)).status, 404)
  t.equal((await as(ana, ['read:users:activity!user'])('POST', path, body)).status, 403)
  for (const user of [ana, admin])
    t.match(await as(user)('POST', path, body), { status: 200, text: '' })
  t.equal((await as(admin)('POST', '/hub/api/users/ghost/activity', body)).status, 404)
})

t.test('what a server reports of itself is shown, and never moves back', async (t) => {
  const { as, withToken, addUser, context, serverOf } = await startApi(t)
  const ana = addUser('ana')
  const server = withToken(context.tokens.issueForServer(serverOf(ana)))
  const shown = async (): Promise<unknown> =>
    (await as(ana)('GET', '/hub/api/users/ana/server')).json.last_activity
  const report = (at: string) =>
    server('POST', path, { servers: { '': { last_activity: at } }, last_activity: at })
  t.equal((await report('2026-01-31T12:10:00.123456Z')).status, 200)
  t.equal(await shown(), '2026-01-31T12:10:00.123000Z')
  t.equal((await report('2026-01-31T12:05:00Z')).status, 200)
  t.equal(await shown(), '2026-01-31T12:10:00.123000Z')
})

t.test('what is no report is refused', async (t) => {
  const { as, addUser } = await startApi(t)
  const ana = as(addUser('ana'))
  const at = '2026-01-31T11:00:00Z'
  const bad: unknown[] = [
    undefined,
    {},
    [],
    { servers: {} },
    { last_activity: 5 },
    { last_activity: 'yesterday' },
    { last_activity: '2026-01-31T13:00:00Z' },
    { servers: { lab: { last_activity: at } } },
    { servers: { '': {} } },
    { servers: { '': at } },
    { servers: [at] },
  ]
  for (const body of bad) t.equal((await ana('POST', path, body)).status, 400, JSON.stringify(body))
  t.match((await ana('POST', path, { servers: { lab: { last_activity: at } } })).json, {
    message: /No such server 'lab'/,
  })
})

t.test('a time without a zone is UTC', (t) => {
  const rows: [text: string, utc: string][] = [
    ['2026-01-31T12:00:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31 12:00:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.123456', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ]
  for (const [text, utc] of rows) t.equal(readTime(text).toISOString(), utc, text)
  for (const bad of [
    '',
    'now',
    '12:00',
    '1706702400',
    '2026-13-31T12:00:00',
    '2026-01-31T25:00:00Z',
  ])
    t.throws(() => readTime(bad), { code: 'InvalidInput' }, bad)
  t.end()
})
