/** As much of a hub as a server of `ana` asks for while it starts. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Test } from 'tap'

/** What a server asks of the hub while it starts: the version, who a token is, and where activity goes. */
export async function startFakeHub(t: Test): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = []
  const user = {
    kind: 'user',
    name: 'ana',
    admin: false,
    groups: [],
    scopes: ['access:servers!server=ana/', 'access:servers!user=ana'],
    session_id: null,
  }
  const hub = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    const body = request.url === '/hub/api/user' ? user : { version: '6.1.1' }
    response.setHeader('X-JupyterHub-Version', '6.1.1').end(JSON.stringify(body))
    request.resume()
  })
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    hub.closeAllConnections()
    hub.close()
  })
  return { port: (hub.address() as AddressInfo).port, requests }
}
