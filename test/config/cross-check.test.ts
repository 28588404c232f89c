/** Settings that must fit each other. */
import t from 'tap'
import { crossCheck } from '../../src/config/cross-check.ts'
import { type Config } from '../../src/config/schema.ts'

const plugins = { auth: { native: {}, dummy: {} }, spawner: { process: {} } } as never
const sentences = (config: Partial<Config>): string[] =>
  crossCheck(config, plugins).map(({ at, sentence }) => `${at.join('.')} ${sentence}`)

t.test('two listeners do not share a port, unless each takes any', async (t) => {
  t.match(sentences({ port: 8000, internal_port: 8000 }), [/^internal_port is 8000/])
  t.same(sentences({ port: 8000, internal_port: 8001 }), [])
  t.same(sentences({ port: 0, internal_port: 0 }), [])
  t.same(sentences({}), [], 'what is missing is told elsewhere')
})

t.test('a type that there is not is told, with the nearest', async (t) => {
  const auth = (type: string) => ({ auth: { type } }) as Partial<Config>
  t.match(sentences(auth('dumy')), [
    /^auth\.type there is no 'dumy'; known are native, dummy\. Did you mean `dummy`\?/,
  ])
  t.match(sentences(auth('constructor')), [/there is no 'constructor'/])
  t.same(sentences(auth('native')), [])
})

t.test('an extra route has a path of its own and an address (§9.134)', async (t) => {
  const route = (prefix: string, target = 'http://127.0.0.1:3000', base_url = '/') =>
    sentences({ base_url, extra_routes: { [prefix]: target } })
  t.same(route('/wiki/'), [])
  t.same(route('/wiki/two.x/', 'https://wiki.test/deep/'), [])
  t.same(route('/base/wiki/', undefined, '/base/'), [])
  for (const prefix of ['wiki/', '/wiki', '/', '//', '/wiki//', '/../', '/a/./', '/a b/', '/:x/'])
    t.match(route(prefix), [/a path of letters/], prefix)
  for (const prefix of ['/hub/x/', '/user/', '/services/a/'])
    t.match(route(prefix), [/belongs to the hub/], prefix)
  t.match(route('/wiki/', undefined, '/base/'), [/below \/base\//])
  for (const target of ['', '127.0.0.1:3000', 'ftp://x', 'http://', 'http://a:b@c', 'http://a/?b'])
    t.match(route('/wiki/', target), [/an address such as/], target)
})

t.test('who is in a group is said by logins or by the configuration, not by both', async (t) => {
  const config = (manage_groups: boolean, users: string[], admin_groups: string[] = []) =>
    ({ auth: { type: 'native', manage_groups, admin_groups }, groups: { g: { users } } }) as never
  t.match(sentences(config(true, ['ana'])), [/^groups\.g\.users members are what logins say/])
  t.same(sentences(config(true, [], ['g'])), [])
  t.same(sentences(config(false, ['ana'])), [])
  t.match(sentences(config(false, [], ['g'])), [/^auth\.admin_groups does nothing/])
})
