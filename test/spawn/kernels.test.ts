/** Is a kernel at work? */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { hasBusyKernel } from '../../src/spawn/kernels.ts'

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
  t.equal(await hasBusyKernel(url, '/user/ana/', 'abc'), true)
  t.same(seen, ['GET /user/ana/api/kernels token abc'])
})

t.test('idle kernels, other programs, refusals and silence are not busy', async (t) => {
  for (const [status, body] of [
    [200, '[]'],
    [200, '[{"execution_state":"idle"},null,3]'],
    [200, '{"execution_state":"busy"}'],
    [200, '<html>'],
    [403, '[{"execution_state":"busy"}]'],
    [302, '[{"execution_state":"busy"}]'],
  ] as const) {
    const { url } = await answering(t, status, body)
    t.equal(await hasBusyKernel(url, '/', 'abc'), false, body)
  }
  t.equal(await hasBusyKernel('http://127.0.0.1:1', '/', 'abc'), false)
})
