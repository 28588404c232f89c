/** Is a kernel at work? */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { askKernels } from '../../src/spawn/kernels.ts'

async function answering(
  t: Test,
  status: number,
  body: string,
): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.writeHead(status, { location: '/' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

t.test('one busy kernel is enough, and it is asked for with the given token', async (t) => {
  const kernels = [{ execution_state: 'idle' }, { execution_state: 'busy' }]
  const { url, seen } = await answering(t, 200, JSON.stringify(kernels))
  t.equal(await askKernels(url, '/user/ana/', 'abc'), 'busy')
  t.same(seen, ['GET /user/ana/api/kernels?no_track_activity=1 token abc'])
})

t.test('idle kernels, other programs and refusals are idle', async (t) => {
  for (const [status, body] of [
    [200, '[]'],
    [200, '[{"execution_state":"idle"},null,3]'],
    [200, '{"execution_state":"busy"}'],
    [200, '<html>'],
    [403, '[{"execution_state":"busy"}]'],
    [302, '[{"execution_state":"busy"}]'],
  ] as const) {
    const { url } = await answering(t, status, body)
    t.equal(await askKernels(url, '/', 'abc'), 'idle', body)
  }
})

t.test('a server that cannot be asked is not said to be idle', async (t) => {
  t.equal(await askKernels('http://127.0.0.1:1', '/', 'abc'), 'silent')
  const { url } = await answering(t, 503, '[]')
  t.equal(await askKernels(url, '/', 'abc'), 'silent')
})
