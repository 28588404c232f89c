/** The printed configurations, in the real programs: a WebSocket, a large upload and a strange path get through each. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { snippetNames, snippetOf } from '../../src/cli/front-snippets.ts'
import { littlehub } from '../support/command-line.ts'
import { createFakeSpawner } from '../support/fake-spawner.ts'
import { freePort } from '../support/free-port.ts'
import { frontOnly, startFront } from '../support/fronts.ts'
import { serverOf, startHub } from '../support/hub.ts'

/** A server of a user that says which path it was asked for, and how many bytes came; its WebSocket sends them back. */
async function startProgram(t: Test): Promise<string> {
  const server = http.createServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => {
      const forwarded = request.headers['x-forwarded-proto']
      response.end(
        JSON.stringify({ path: request.url, bytes, host: request.headers.host, forwarded }),
      )
    })
  })
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.on('error', () => undefined)
    // What comes is that the browser closes it.
    socket.once('data', () => socket.destroy())
    // "ready", as one whole text.
    socket.write(Buffer.from('\x81\x05ready', 'latin1'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startBehind(t: Test) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const fake = createFakeSpawner()
  const program = await startProgram(t)
  const spawner = {
    ...fake,
    start: async (request: Parameters<typeof fake.start>[0]) => ({
      ...(await fake.start(request)),
      url: program,
    }),
  }
  const settings = { public_url: url, trusted_proxies: '127.0.0.1' }
  const { hub } = await startHub(t, { spawner, settings, users: ['admin'] })
  await hub.context.servers.start(serverOf(hub, 'admin'))
  const user = hub.context.store.users.getByName('admin')
  const { secret } = hub.context.tokens.issue({ user, note: 'test' })
  const config = { ...hub.context.config, port: Number(new URL(hub.url).port) }
  return { port, url, config, headers: { authorization: `token ${secret}` } }
}

for (const which of snippetNames)
  t.test(`with ${which} in front everything comes through`, frontOnly(which), async (t) => {
    const { port, url, config, headers } = await startBehind(t)
    await startFront(t, which, { snippet: snippetOf(which, config), port })

    const strange = '/user/admin/files/a%20b%2Fc%C3%A4?x=%2F'
    const body = Buffer.alloc(2 * 2 ** 20)
    const answer = await fetch(url + strange, { method: 'PUT', body, headers })
    t.equal(answer.status, 200)
    t.same(await answer.json(), {
      path: strange,
      bytes: body.length,
      host: `127.0.0.1:${port}`,
      forwarded: 'http',
    })

    const socket = new WebSocket(`${url.replace('http', 'ws')}/user/admin/socket`, { headers })
    const [message] = (await once(socket, 'message')) as [MessageEvent]
    t.equal(message.data, 'ready')
    socket.close()
  })

t.test('behind HTTPS the certificate is named, and plain HTTP leads there', async (t) => {
  const config = { public_url: 'https://hub.example.org', port: 8000 }
  t.match(
    snippetOf('nginx', config),
    /listen 443 ssl;[^]*live\/hub\.example\.org\/fullchain\.pem;[^]*listen 80;[^]*return 301 https/,
  )
  t.match(
    snippetOf('apache', config),
    /<VirtualHost \*:443>[^]*SSLEngine on[^]*X-Forwarded-Proto "https"[^]*Redirect permanent/,
  )
  t.match(snippetOf('caddy', config), /^hub\.example\.org \{\n {2}reverse_proxy 127\.0\.0\.1:8000/m)
})

t.test('a hub that has the port of the web server is told to leave it', async (t) => {
  const text = snippetOf('nginx', { public_url: 'https://hub.example.org', port: 80 })
  t.match(text, /leaves that port[^]*127\.0\.0\.1:8000/)
})

t.test('the doctor prints one, and nothing else', async (t) => {
  const environment = { LITTLEHUB_DATA: t.testdir(), LITTLEHUB_PORT: '8123' }
  const { code, out } = await littlehub(['doctor', '--snippet', 'caddy'], { environment })
  t.equal(code, 0)
  t.match(out, /^# caddy in front of littlehub[^]*reverse_proxy 127\.0\.0\.1:8123/)
  const asJson = await littlehub(['doctor', '--snippet', 'caddy', '--json'], { environment })
  t.same(JSON.parse(asJson.out), { name: 'caddy', text: out })
  const wrong = await littlehub(['doctor', '--snippet', 'iis'], { environment })
  t.match(wrong, { code: 2, err: /nginx, apache, caddy, not "iis"/ })
})
