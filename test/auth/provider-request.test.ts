/** Requests to identity providers: no redirects, no endless answers. */
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { askProvider } from '../../src/auth/provider-request.ts'

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const get = { method: 'GET', headers: { authorization: 'Bearer secret' } }

t.test('an answer comes back as it is', async (t) => {
  const url = await serve(t, (request, response) => {
    response.writeHead(201, { link: 'x' }).end(`${request.headers.authorization} é`)
  })
  const answer = await askProvider(url, get)
  t.match(answer, { status: 201, text: 'Bearer secret é' })
  t.equal(answer.headers.get('link'), 'x')
})

t.test('a redirect is not followed, so no credential travels', async (t) => {
  let visits = 0
  const elsewhere = await serve(t, (_request, response) => {
    visits += 1
    response.end('[]')
  })
  const url = await serve(t, (_request, response) => {
    response.writeHead(302, { location: elsewhere }).end()
  })
  t.equal((await askProvider(url, get)).status, 302)
  t.equal(visits, 0)
})

t.test('an answer without end is given up, and its connection closed', async (t) => {
  let closed: (() => void) | undefined
  const isClosed = new Promise<void>((resolve) => (closed = resolve))
  const url = await serve(t, (_request, response) => {
    const chunk = 'x'.repeat(64 * 1024)
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more).on('close', () => closed?.())
    more()
  })
  await t.rejects(askProvider(url, get), /more than/)
  await isClosed
})

t.test('nobody there is an error', async (t) => {
  await t.rejects(askProvider('http://127.0.0.1:1/', get))
})
