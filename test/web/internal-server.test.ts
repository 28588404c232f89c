/** Inside there is the API and nothing else, and no login. */
import { type AddressInfo } from 'node:net'
import t from 'tap'
import { createInternalServer } from '../../src/web/internal-server.ts'

t.test('only the API is there, and cookies do not come through', async (t) => {
  const server = createInternalServer('/b/hub/api', ({ headers }, response) =>
    response.end(`cookie ${headers.cookie ?? 'none'}`),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const headers = { cookie: 'a=b' }
  for (const path of ['/b/hub/api', '/b/hub/api?x', '/b/hub/api/users'])
    t.equal(await (await fetch(url + path, { headers })).text(), 'cookie none', path)
  for (const path of ['/', '/b/hub/login', '/b/hub/apis', '/hub/api'])
    t.equal((await fetch(url + path)).status, 404, path)
})
