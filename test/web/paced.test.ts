/** Requests that take turns. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { paced } from '../../src/web/paced.ts'

t.test(
  'of many requests that arrive in one moment each is answered, and none stops the loop',
  async (t) => {
    let turn = 0
    const count = (): void => {
      turn += 1
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    const handledIn: number[] = []
    const handle = paced((request, response) => {
      for (const endMs = performance.now() + 6; performance.now() < endMs;);
      handledIn.push(turn)
      response.end(request.url)
    })
    const server = http.createServer(handle).listen(0, '127.0.0.1')
    t.teardown(() => {
      clearImmediate(next)
      server.close()
      server.closeAllConnections()
    })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const paths = Array.from({ length: 12 }, (_, index) => `/${index}`)
    const answers = await Promise.all(
      paths.map(async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()),
    )
    t.same(answers, paths)
    t.ok(new Set(handledIn).size >= 12, `turns ${handledIn.join(' ')}`)
  },
)
