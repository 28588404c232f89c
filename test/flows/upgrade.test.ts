/** One hub takes over from another: what is open to people's servers stays open, for as long as its owner may be there. */
import path from 'node:path'
import t, { type Test } from 'tap'
import { openEchoTunnel } from '../support/echo-tunnel.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'

const program = path.resolve(import.meta.dirname, '../support/echo-program.ts')

async function start(t: Test) {
  const hub = await startHubProcess(t, {
    'spawner.cmd': `${process.execPath},${program}`,
    'spawner.process.run_as': 'self',
  })
  await hub.command('user', 'add', 'admin', '--admin')
  const token = (await hub.command('token', 'add', 'admin')).trim()
  const api = async (method: string, where: string) => {
    const headers = { authorization: `token ${token}` }
    const answer = await fetch(`${hub.url}/hub/api/${where}`, { method, headers })
    return { status: answer.status, body: await answer.text() }
  }
  return { hub, token, api }
}

async function startServer(test: Awaited<ReturnType<typeof start>>, name: string) {
  const { hub, api } = test
  await api('POST', `users/${name}`)
  const token: string = JSON.parse((await api('POST', `users/${name}/tokens`)).body).token
  t.match(await api('POST', `users/${name}/server`), { status: 201 })
  const lines = `Authorization: token ${token}\r\n`
  const url = new URL(`${hub.url}/user/${name}/`)
  const pid = async (): Promise<string> =>
    (await fetch(url, { headers: { authorization: `token ${token}` } })).text()
  return { token, url, lines, pid }
}

const eventually = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50))
}

const websockets = async ({ url }: HubProcess, token: string): Promise<number> => {
  const headers = { authorization: `token ${token}` }
  const text = await (await fetch(`${url}/hub/metrics`, { headers })).text()
  return Number(/^littlehub_websockets(?:\{.*\})? (\d+)/m.exec(text)?.[1])
}

t.test('tunnels outlive two hubs, and end with the right to them', async (t) => {
  const test = await start(t)
  const { hub, token, api } = test
  const [ana, ben] = [await startServer(test, 'ana'), await startServer(test, 'ben')]
  const anas = await openEchoTunnel(t, ana.url, ana.lines)
  const bens = await openEchoTunnel(t, ben.url, ben.lines)
  await anas.echo('one')
  const pid = await ana.pid()

  const first = await hub.replace()
  await Promise.all([anas.echo('two'), bens.echo('two')])
  t.equal(await ana.pid(), pid, 'the server goes on')
  await eventually(async () => (await websockets(hub, token)) === 2)
  t.pass('the new hub knows of them')

  const later = await openEchoTunnel(t, ana.url, ana.lines)
  const second = await hub.replace()
  await Promise.all([anas.echo('three'), bens.echo('three'), later.echo('three')])
  t.not(first.pid, second.pid)
  await eventually(async () => (await websockets(hub, token)) === 3)

  const { body } = await api('GET', 'users/ana/tokens')
  for (const { id } of JSON.parse(body).api_tokens) await api('DELETE', `users/ana/tokens/${id}`)
  await Promise.all([anas.closed, later.closed])
  t.equal(await second.ended, 0, 'nothing is left for it to do')
  await bens.echo('four')
  t.match(await api('DELETE', 'users/ben/server'), { status: 204 })
  await bens.closed
  t.equal(await first.ended, 0)
})
