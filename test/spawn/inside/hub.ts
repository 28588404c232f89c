/** Run in a machine: a whole hub whose servers are units of systemd, with the unmodified jupyterhub-singleuser. */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { serverOf, startHub, type TestHub } from '../../support/hub.ts'
import { inMachine } from '../../support/machine.ts'
import { dataFolder, eventually, stayAwake } from '../support.ts'

t.setTimeout(170_000)
stayAwake(t)

const settings = {
  'spawner.type': 'systemd',
  'spawner.cmd': `${inMachine.environment}/bin/jupyterhub-singleuser`,
  'spawner.path': `${inMachine.environment}/bin:/usr/local/bin:/usr/bin:/bin`,
  'spawner.systemd.reserved_memory': '256M',
  'spawner.systemd.account_prefix': 'hub-',
  'spawner.http_timeout': '90s',
  'limits.memory': '400M',
}

const output = (...[program = '', ...words]: string[]): string =>
  execFileSync(program, words, { encoding: 'utf8' }).trim()

function tokenOf({ hub }: TestHub, name: string): string {
  const user = hub.context.store.users.findByName(name)
  if (!user) throw new Error(`there is no ${name}`)
  return hub.context.tokens.issue({ user, note: '' }).secret
}

const ask = async (url: string, token: string, more: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...more, headers: { authorization: `token ${token}` } })

t.test('a JupyterLab runs as a unit, behind a socket, and outlives the hub', async (t) => {
  const dataDir = path.join(dataFolder(t), 'data')
  const first = await startHub(t, { settings, dataDir, users: ['ana', 'bob'] })
  const token = tokenOf(first, 'ana')
  await first.hub.context.servers.start(serverOf(first.hub, 'ana'))
  t.match(serverOf(first.hub, 'ana'), {
    state: 'ready',
    url: 'unix:/run/littlehub-servers/ana/server.sock',
  })

  await t.test('it answers through the front door, to its owner only', async (t) => {
    const answer = await ask(`${first.url}/user/ana/api/status`, token)
    t.equal(answer.status, 200)
    const other = await ask(`${first.url}/user/ana/api/status`, tokenOf(first, 'bob'))
    t.ok(other.status >= 400)
    const kernel = await ask(`${first.url}/user/ana/api/kernels`, token, { method: 'POST' })
    t.equal(kernel.status, 201)
  })

  await t.test('it is confined, limited, and its key is nowhere to be seen', async (t) => {
    const facts = output('systemctl', 'show', 'jupyter-ana.service')
    t.match(facts, /^User=hub-ana$/m)
    t.match(facts, /^MemoryMax=419430400$/m)
    t.match(facts, /^Slice=littlehub\.slice$/m)
    t.match(facts, /^NoNewPrivileges=yes$/m)
    t.notMatch(facts, /JUPYTERHUB_API_TOKEN/)
    t.match(await first.hub.context.servers.usage(serverOf(first.hub, 'ana')), { memoryKills: 0 })
  })

  await first.hub.stop({ servers: false })
  const second = await startHub(t, { settings, dataDir })
  await t.test('the next hub finds it again', async (t) => {
    t.equal(serverOf(second.hub, 'ana').state, 'ready')
    t.equal((await ask(`${second.url}/user/ana/api/status`, token)).status, 200)
  })

  await t.test('when it is killed for want of memory its owner is told', async (t) => {
    output('systemctl', 'kill', '--signal=KILL', 'jupyter-ana.service')
    t.ok(await eventually(() => serverOf(second.hub, 'ana').state === 'stopped', 20_000))
    t.match(serverOf(second.hub, 'ana').failure, {
      message: /more memory than its limit of 400 MiB/,
    })
  })
})
