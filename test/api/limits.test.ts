/** The limits of a server over the API. */
import t from 'tap'
import { startApi } from '../support/api.ts'
import { eventually } from '../support/core.ts'
import { holdLimits } from '../support/fake-spawner.ts'

const path = '/hub/api/users/ana/server'
const change = { memory: '2G', cpu: 0.5 }

t.test(
  'nobody, the owner, another user, an administrator, narrower and wider tokens',
  async (t) => {
    const { nobody, as, addUser, context } = await startApi(t)
    const [ana, bob, admin] = [addUser('ana'), addUser('bob'), addUser('admin')]
    holdLimits(context.spawner)
    await as(ana)('POST', path)
    t.equal((await nobody('PATCH', `${path}/limits`, change)).status, 403)
    t.equal((await as(bob)('PATCH', `${path}/limits`, change)).status, 403)
    t.equal((await as(bob)('GET', `${path}/limits`)).status, 404)
    const own = await as(ana)('PATCH', `${path}/limits`, change)
    t.equal(own.status, 403, 'who may start a server may not lift its limits')
    t.equal((await as(ana)('GET', `${path}/limits`)).status, 200)
    const starter = as(admin, ['servers'])
    t.equal((await starter('PATCH', `${path}/limits`, change)).status, 403)
    const teacher = as(admin, ['admin:servers!user=ana'])
    t.equal((await teacher('PATCH', `${path}/limits`, change)).status, 200)
    const other = as(admin, ['admin:servers!user=bob'])
    t.equal((await other('PATCH', `${path}/limits`, change)).status, 404)
  },
)

t.test('what is named changes at once, and what is not stays', async (t) => {
  const { as, addUser, context } = await startApi(t, { settings: { 'limits.memory': '1G' } })
  holdLimits(context.spawner, { memoryBytes: 2 ** 30 })
  const admin = as(addUser('admin'))
  await as(addUser('ana'))('POST', path)
  const next = { memory: 2 ** 30, cpu: null, tasks: null }
  t.strictSame((await admin('GET', `${path}/limits`)).json, { now: next, next_start: next })
  for (const [body, now] of [
    [change, { memory: 2 ** 31, cpu: 0.5, tasks: null }],
    [{ tasks: 200 }, { memory: 2 ** 31, cpu: 0.5, tasks: 200 }],
    [
      { memory: 2 ** 29, tasks: null },
      { memory: 2 ** 29, cpu: 0.5, tasks: null },
    ],
    [{ cpu: 'none' }, { memory: 2 ** 29, cpu: null, tasks: null }],
  ] as const)
    t.strictSame((await admin('PATCH', `${path}/limits`, body)).json, { now, next_start: next })
})

t.test('what cannot be is refused, and nothing is changed', async (t) => {
  const { as, addUser, context, serverOf } = await startApi(t)
  const admin = as(addUser('admin'))
  const ana = addUser('ana')
  const ask = (body: unknown) => admin('PATCH', `${path}/limits`, body)
  t.match(await ask(change), { status: 424, json: { message: 'ana is not running.' } })
  await as(ana)('POST', path)
  t.match(await ask(change), { status: 409, json: { message: /units of systemd/ } })
  t.strictSame((await admin('GET', `${path}/limits`)).json.now, null)
  holdLimits(context.spawner, { tasks: 5 })
  for (const body of [undefined, {}, { memory: '4' }, { cpu: -1 }, { disk: '1G' }, { tasks: true }])
    t.equal((await ask(body)).status, 400, JSON.stringify(body))
  t.match((await ask({ memory: 4 })).json, { message: /memory: '4' is too little for a server/ })
  t.strictSame((await admin('GET', `${path}/limits`)).json.now.tasks, 5)
  t.ok(await eventually(() => serverOf(ana).state === 'ready'))
  const ghost = '/hub/api/users/ana/servers/ghost/limits'
  t.equal((await admin('PATCH', ghost, change)).status, 404)
})
