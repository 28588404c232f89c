/** Where a request goes, and as what. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { createRouteTable } from '../../src/proxy/route-table.ts'
import { createRoutes } from '../../src/proxy/routes.ts'
import { destinationOf, type DestinationNeeds } from '../../src/standalone/destination.ts'

type Options = Partial<Omit<DestinationNeeds, 'routes' | 'table'>>

function find(url: string, targets: Record<string, string>, options: Options = {}, host = 'hub') {
  const routes = createRoutes(Date.now)
  const { hostRouting = false } = options
  const table = createRouteTable({ routes, hostRouting })
  for (const [path, target] of Object.entries(targets)) table.add(path, { target })
  const request = new IncomingMessage(new Socket())
  request.url = url
  request.headers.host = host
  const rest = { includePrefix: true, prependPath: true, ...options, hostRouting }
  const found = destinationOf(request, { routes, table, ...rest })
  return typeof found === 'object' ? [found.entry.path, found.target] : found
}

const server = 'http://127.0.0.1:9'
const table = { '/': server, '/user/ana': server, '/user/ana/lab2': server }

t.test('the longest route wins, and the address goes out as it came', async (t) => {
  t.same(find('/user/ana/lab?x=1&x=%2F', table), ['/user/ana', '/user/ana/lab?x=1&x=%2F'])
  t.same(find('/user/ana/lab2/x', table), ['/user/ana/lab2', '/user/ana/lab2/x'])
  t.same(find('/user/anab/', table), ['/', '/user/anab/'])
  t.same(find('/user/%61na', table), ['/user/ana', '/user/%61na'])
  t.same(find('http://evil.example/user/ana/?q', table), ['/user/ana', '/user/ana/?q'])
  t.equal(find('/x', { '/y': server }), undefined)
})

t.test('an encoded slash separates, as it does for the peer', async (t) => {
  t.same(find('/user%2Fana/x', table), ['/user/ana', '/user%2Fana/x'])
})

t.test('an address that could be read in two ways goes nowhere', async (t) => {
  for (const url of ['/user/ana/../ben/', '/user/ana/%2e%2e/', '/a%', '/a\\b', '/%00'])
    t.equal(find(url, table), 'ambiguous', url)
})

t.test('with host routing the name in the Host header comes first', async (t) => {
  const hosts = { '/ana.example.org': server, '/ana.example.org/user/ana': server }
  const options = { hostRouting: true }
  t.same(find('/user/ana/x', hosts, options, 'Ana.Example.org:8000'), [
    '/ana.example.org/user/ana',
    '/user/ana/x',
  ])
  t.same(find('/x', hosts, options, 'ana.example.org'), ['/ana.example.org', '/x'])
  t.equal(find('/x', hosts, options, 'other.example.org'), undefined)
})

t.test('the prefix of the route can stay behind', async (t) => {
  const options = { includePrefix: false }
  t.same(find('/user/ana/lab?x', table, options)?.at(1), '/lab?x')
  t.same(find('/user/ana', table, options)?.at(1), '/')
  t.same(find('/user/ana?x', table, options)?.at(1), '/?x')
  t.same(find('/other', table, options)?.at(1), '/other')
  const hosts = { '/h/user/ana': server }
  t.same(find('/user/ana/x', hosts, { ...options, hostRouting: true }, 'h')?.at(1), '/x')
})

t.test(
  'the path of the target comes before that of the request, unless told otherwise',
  async (t) => {
    const deep = { '/a': `${server}/base/?k=1` }
    t.same(find('/a/x?y=2', deep)?.at(1), '/base/a/x?k=1&y=2')
    t.same(find('/a/x?y=2', deep, { prependPath: false })?.at(1), '/a/x?y=2')
    t.same(find('/a/x', deep, { includePrefix: false })?.at(1), '/base/x?k=1')
  },
)
