/** The hub sees itself as a browser does. */
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { checkFromOutside } from '../../src/tls/self-check.ts'
import { createAuthority } from '../support/made-certificates.ts'

t.test('a certificate that nobody knows is as good as no answer', async (t) => {
  const { root } = createAuthority(t.testdir())
  const options = { cert: readFileSync(root.cert), key: readFileSync(root.key) }
  let asked = 0
  const server = https.createServer(options, (_, response) => {
    asked += 1
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  t.match(await checkFromOutside(`https://localhost:${port}/`), /self.signed|certificate/)
  t.equal(asked, 0, 'no request was sent')
})

t.test('nobody there is told, too', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  t.match(await checkFromOutside(`https://localhost:${port}/`), /ECONNREFUSED|connect/)
})
