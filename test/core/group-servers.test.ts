/** Everybody in a group: started in the background, stopped together. */
import t, { type Test } from 'tap'
import { createCore, eventually } from '../support/core.ts'

function createClass(t: Test, names: readonly string[], settings = {}) {
  const core = createCore(t, { settings })
  const users = names.map((name) => core.addUser(name))
  const [group] = core.context.groups.createMany(['class'], names)
  if (!group) throw new Error('no group')
  const serverOf = (name: string) => {
    const user = users.find((each) => each.name === name)
    if (!user) throw new Error(`no ${name}`)
    return core.again(core.serverOf(user))
  }
  return { core, group, users, serverOf, groupServers: core.context.groupServers }
}

t.test('the servers of all members start, but for those that run already', async (t) => {
  const { core, group, groupServers, serverOf } = createClass(t, ['ana', 'ben', 'cleo'])
  core.addUser('dora')
  await core.context.servers.start(serverOf('ben'))
  t.same(await groupServers.start(group), { starting: 2, active: 1, refused: [] })
  t.ok(await eventually(() => core.context.store.servers.countReady() === 3))
  t.same(await groupServers.start(group), { starting: 0, active: 3, refused: [] })
  t.equal(core.spawner.started, 3)
})

t.test('who cannot start is named with the reason, and keeps nobody else from it', async (t) => {
  const { core, group, groupServers, users, serverOf } = createClass(t, ['ana', 'ben', 'cleo'], {
    'spawner.active_server_limit': '1',
  })
  const [ana] = users
  if (ana) await core.context.users.setDisabled(ana, true)
  const { starting, refused } = await groupServers.start(group)
  t.equal(starting, 1)
  t.match(refused, [
    { name: 'ana', message: 'The account of ana is disabled.' },
    { name: 'cleo', message: /limit exceeded/ },
  ])
  t.ok(await eventually(() => serverOf('ben').state === 'ready'))
})

t.test('stopping ends those that run, start and wait', async (t) => {
  const { core, group, groupServers } = createClass(t, ['ana', 'ben', 'cleo'], {
    'spawner.starts_at_once': '1',
  })
  core.spawner.behaviour = 'stays silent'
  await groupServers.start(group)
  const counts = () => core.context.store.servers.countOfGroup(group.id)
  t.ok(await eventually(() => core.spawner.started === 1))
  t.match(counts(), { starting: 1, waiting: 2 })
  await groupServers.stop(group)
  t.match(counts(), { stopped: 3 })
  t.same(core.spawner.programs(), [])
  t.equal(core.context.startQueue.waiting(), 0)
})
