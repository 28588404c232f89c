/** Does a server answer? */
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { probe } from '../../src/spawn/readiness.ts'
import { never } from './support.ts'

async function listening(t: Test, server: net.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('any status below 500 is an answer, and redirects are not followed', async (t) => {
  for (const [status, answered] of [
    [200, true],
    [302, true],
    [403, true],
    [404, true],
    [500, false],
    [503, false],
  ] as const) {
    const seen: string[] = []
    const server = http.createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`)
      response.writeHead(status, { location: '/elsewhere', 'x-jupyterhub-version': '5.4.2' })
      // An answer without an end is one all the same.
      response.write('{')
    })
    const url = await listening(t, server)
    t.same(await probe(url, '/user/ana/', never), { answered, version: '5.4.2' })
    t.same(seen, ['GET /user/ana/api'])
    server.closeAllConnections()
  }
})

t.test('nobody there, silence, nonsense and an abort are no answers', async (t) => {
  const closed = net.createServer()
  const gone = await listening(t, closed)
  await new Promise((resolve) => closed.close(resolve))
  t.same(await probe(gone, '/', never), { answered: false })

  const nonsense = net.createServer((socket) => socket.end('hello\n'))
  t.same(await probe(await listening(t, nonsense), '/', never), { answered: false })

  const sockets: net.Socket[] = []
  const silent = net.createServer((socket) => sockets.push(socket))
  const controller = new AbortController()
  const asked = probe(await listening(t, silent), '/', controller.signal)
  controller.abort()
  t.same(await asked, { answered: false })
  t.same(await probe(gone, '/', controller.signal), { answered: false })
  for (const socket of sockets) socket.destroy()
})
