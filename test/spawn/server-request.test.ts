/** Questions to servers on ports and on Unix sockets. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { askServer } from '../../src/spawn/server-request.ts'
import { askKernels } from '../../src/spawn/kernels.ts'
import { probe } from '../../src/spawn/readiness.ts'
import { dataFolder, never } from './support.ts'

const echo = (): http.Server =>
  http.createServer(({ url, headers }, response) => {
    response.writeHead(200, { 'x-jupyterhub-version': '6.1.1' })
    response.end(
      url?.includes('kernels')
        ? '[{"execution_state":"busy"}]'
        : `${headers.host} ${String(headers['x'])} ${url}`,
    )
  })

t.test('a server is asked on its port or on its socket, under the name localhost', async (t) => {
  const socket = path.join(dataFolder(t), 's.sock')
  const [first, second] = [echo(), echo()]
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve))
  await new Promise<void>((resolve) => second.listen(socket, resolve))
  t.teardown(() => [first, second].forEach((server) => server.close()))
  for (const url of [
    `http://127.0.0.1:${(first.address() as AddressInfo).port}`,
    `unix:${socket}`,
  ]) {
    const answer = await askServer({ url, path: '/a?b', headers: { x: 'y' }, signal: never })
    t.equal(await text(answer), 'localhost y /a?b')
    t.same(await probe(url, '/user/ana/', never), { answered: true, version: '6.1.1' })
    t.equal(await askKernels(url, '/user/ana/', 'secret'), 'busy')
  }
})

t.test('where nobody listens it throws', async (t) => {
  await t.rejects(askServer({ url: 'unix:/nonexistent', path: '/', signal: never }))
})
