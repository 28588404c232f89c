import { createServer as createHttpServer } from 'node:http'
import { type Server } from 'node:net'
import t, { type Test } from 'tap'
import { checkPort } from '../../src/cli/check-port.ts'
import { lockDataDir, prepareDataDir } from '../../src/config/data-dir.ts'
import { freePort } from '../support/free-port.ts'

const noHub = (): string => {
  throw new Error('no hub runs')
}

async function listening(t: Test, server: Server): Promise<number> {
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return port
}

t.test('a free port is fine, and stays free', async (t) => {
  const port = await freePort()
  const config = { host: '127.0.0.1', port, data_dir: t.testdir() }
  t.match(await checkPort(config, noHub), { level: 'ok', found: /is free/ })
  t.match(await checkPort(config, noHub), { level: 'ok' })
  t.match(await checkPort({ ...config, port: 0 }, noHub), { level: 'ok', found: /any/ })
})

t.test('a port that another program has is a failure', async (t) => {
  const port = await listening(t, createHttpServer())
  const config = { host: '127.0.0.1', port, data_dir: t.testdir() }
  t.match(await checkPort(config, noHub), { level: 'fail', found: /another program/ })
})

t.test('an address of another machine is a failure', async (t) => {
  const config = { host: '192.0.2.1', port: 0, data_dir: t.testdir() }
  t.match(await checkPort(config, noHub), { level: 'fail', found: /no address of this machine/ })
})

t.test('the port of the running hub is asked whether it is well', async (t) => {
  const dir = t.testdir()
  prepareDataDir(dir)
  const lock = lockDataDir(dir)
  t.teardown(() => lock.release())
  let status = 200
  const server = createHttpServer((request, response) => {
    response.statusCode = request.url === '/x/hub/health' ? status : 404
    response.end()
  })
  const port = await listening(t, server)
  const config = { host: '127.0.0.1', port, data_dir: dir }
  const url = () => `http://127.0.0.1:${port}/x/`
  t.match(await checkPort(config, url), { level: 'ok', found: /process \d+\) answers/ })
  status = 503
  t.match(await checkPort(config, url), { level: 'fail', found: /503/ })
  server.close()
  server.closeAllConnections()
  t.match(await checkPort(config, url), { level: 'fail', found: /does not answer/ })
})
