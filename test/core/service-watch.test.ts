/** Services that do not answer are told of. */
import { createServer, type Server } from 'node:http'
import t, { type Test } from 'tap'
import { type ServiceDeclaration } from '../../src/config/declarations.ts'
import { createSchedule } from '../../src/core/schedule.ts'
import { createServiceWatch } from '../../src/core/service-watch.ts'
import { createLog } from '../../src/lib/log.ts'
import { freePort } from '../support/free-port.ts'

const declare = (name: string, url: string, timeoutMs = 5000): ServiceDeclaration => ({
  ...{ name, url, api_token: '', admin: false, command: [], cwd: '', environment: {}, user: '' },
  ...{ timeout: timeoutMs, access: 'public', display: true, info: {}, oauth_client_id: '' },
  ...{ oauth_redirect_uri: '', oauth_client_allowed_scopes: [], oauth_no_confirm: false },
})

function setUp(t: Test) {
  const lines: { msg: string; service: string }[] = []
  const waiting = new Set<() => void>()
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as (typeof lines)[number])
    for (const wake of waiting) wake()
  }
  const log = createLog({ level: 'info' }, { write })
  const schedule = createSchedule({ log })
  const watch = createServiceWatch({ schedule, log, baseUrl: '/', everyMs: 20 })
  t.teardown(() => {
    watch.stop()
    return schedule.stop()
  })
  const said = async (count: number): Promise<string[]> => {
    while (lines.length < count)
      await new Promise<void>((resolve) => void waiting.add(() => resolve()))
    return lines.map(({ msg, service }) => `${service}: ${msg}`)
  }
  return { watch, schedule, said, lines }
}

async function listen(t: Test, port: number): Promise<{ server: Server; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(500).end()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  return { server, asked }
}

t.test('one that falls silent is told of once, and again when it is back', async (t) => {
  const { watch, said } = setUp(t)
  const port = await freePort()
  const first = await listen(t, port)
  watch.declare([declare('grader', `http://127.0.0.1:${port}`), declare('none', '')])
  while (first.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(watch.isSilent('grader'), false, 'whatever it answers')
  t.equal(first.asked[0], '/services/grader/')
  await new Promise((resolve) => first.server.close(resolve))
  t.same(await said(1), ['grader: service does not answer'])
  t.equal(watch.isSilent('grader'), true)
  await listen(t, port)
  t.same(await said(2), ['grader: service does not answer', 'grader: service answers again'])
  t.equal(watch.isSilent('grader'), false)
})

t.test('one that takes the connection and says nothing is silent after its time', async (t) => {
  const { watch, said } = setUp(t)
  const mute = createServer(() => undefined)
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  t.teardown(() => mute.close())
  t.teardown(() => mute.closeAllConnections())
  const address = mute.address()
  const port = typeof address === 'object' ? address?.port : 0
  watch.declare([declare('mute', `http://127.0.0.1:${port}`, 50)])
  t.same(await said(1), ['mute: service does not answer'])
})

t.test('what is not declared any more is not watched, and the end is the end', async (t) => {
  const { watch, schedule, said } = setUp(t)
  watch.declare([declare('gone', 'http://127.0.0.1:1', 50)])
  await said(1)
  watch.declare([])
  t.equal(watch.isSilent('gone'), false)
  watch.stop()
  watch.declare([declare('late', 'http://127.0.0.1:1')])
  await schedule.stop()
  t.equal(watch.isSilent('late'), false)
})
