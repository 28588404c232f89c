/** Before an authority is asked, the hub finds out what it would find. */
import http, { type RequestListener } from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { challengePath, checkName } from '../../src/tls/acme-preflight.ts'

async function listen(t: Test, handle: RequestListener): Promise<number> {
  const server = http.createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const here = [{ address: '127.0.0.1', family: 4 }]

function look(
  httpPort: number,
  answers: Map<string, string>,
  lookup = () => Promise.resolve(here),
) {
  return checkName('hub.example.org', {
    network: { httpPort, tlsPort: 443, lookup },
    signal: new AbortController().signal,
    answer(token, text) {
      answers.set(challengePath + token, text)
      return () => answers.delete(challengePath + token)
    },
  })
}

t.test('a name that leads to the hub is proven by an answer that only the hub knows', async (t) => {
  const answers = new Map<string, string>()
  const hosts: unknown[] = []
  const port = await listen(t, ({ url = '', headers }, response) => {
    hosts.push(headers.host)
    response.end(answers.get(url))
  })
  t.match(await look(port, answers), { resolves: true, isPossible: true, isProven: true })
  t.same(hosts, ['hub.example.org'])
  t.equal(answers.size, 0, 'the answer is given no longer')
})

t.test('somebody else behind the name is told as such', async (t) => {
  const port = await listen(t, (_, response) => response.end('nginx'))
  const seen = await look(port, new Map())
  t.match(seen, { resolves: true, isPossible: false, isProven: false })
  t.match(seen.sentence, /^At hub\.example\.org \(127\.0\.0\.1\), port \d+ somebody else answers: let the name point/) // prettier-ignore
})

t.test('no answer is no proof, but may be one of the own network only', async (t) => {
  const seen = await look(1, new Map())
  t.match(seen, { resolves: true, isPossible: true, isProven: false })
  t.match(seen.sentence, /gives no answer .*ECONNREFUSED.*open that port/)
})

t.test('each address of a name counts, also one from earlier', async (t) => {
  const answers = new Map<string, string>()
  const port = await listen(t, ({ url = '' }, response) => response.end(answers.get(url)))
  const old = { address: '127.0.0.2', family: 4 }
  t.match(await look(port, answers, () => Promise.resolve([...here, old])), {
    isPossible: true,
    isProven: false,
    sentence: /127\.0\.0\.2/,
  })
})

t.test('a name that does not resolve is told with the record it needs', async (t) => {
  const unknown = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
  const seen = await look(1, new Map(), unknown)
  t.match(seen, { resolves: false, isPossible: false })
  t.match(seen.sentence, /^hub\.example\.org does not resolve: add an A record/)
  const deaf = () => Promise.reject(Object.assign(new Error('x'), { code: 'EAI_AGAIN' }))
  t.match((await look(1, new Map(), deaf)).sentence, /no name server answers this machine/)
})
