import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { roundTripToKernel } from '../../src/cli/kernel-round-trip.ts'

/** Something that is no working Jupyter server; the real one is tried by the doctor's own test. */
async function start(t: Test, answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/user/ana/`
}

t.test('a program without kernels is told from one whose kernels do not answer', async (t) => {
  const url = await start(t, (_request, response) => response.writeHead(404).end())
  await t.rejects(roundTripToKernel({ url, secret: 'x' }), { code: 'NotFound' })
})

t.test('a refusal says its status', async (t) => {
  const url = await start(t, (_request, response) => response.writeHead(403).end('{}'))
  await t.rejects(roundTripToKernel({ url, secret: 'x' }), { message: /answered with 403/ })
})

t.test('a refused WebSocket is noticed, and the kernel is ended', async (t) => {
  const seen: string[] = []
  const url = await start(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.writeHead(request.method === 'POST' ? 201 : 204).end('{"id": "k1"}')
  })
  await t.rejects(roundTripToKernel({ url, secret: 'x' }), { message: /refused or broke/ })
  t.equal(seen[0], 'POST /user/ana/api/kernels token x')
  t.equal(seen.at(-1), 'DELETE /user/ana/api/kernels/k1 token x')
})
