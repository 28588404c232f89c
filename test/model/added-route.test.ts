/** Which paths and addresses there are for programs that are no services. */
import t from 'tap'
import {
  hubPartOf,
  programAddressProblem,
  programPathProblem,
} from '../../src/model/added-route.ts'

t.test('a path has one spelling, and lies below the base of the site', async (t) => {
  for (const [path, base] of [
    ['/wiki/', '/'],
    ['/wiki/two.x/', '/'],
    ['/base/~a_b-c/', '/base/'],
  ] as const)
    t.equal(programPathProblem(path, base), undefined, path)
  for (const path of [
    '/',
    '//',
    'wiki/',
    '/wiki',
    '/a//',
    '/../',
    '/./a/',
    '/a b/',
    '/a%2F/',
    '/ü/',
    '/a;b/',
    '/a\\b/',
    '/a\n/',
  ])
    // prettier-ignore
    t.match(programPathProblem(path, '/'), /a path of letters/, JSON.stringify(path))
  for (const path of ['/wiki/', '/base/', '/basement/'])
    t.match(programPathProblem(path, '/base/'), /below \/base\//, path)
})

t.test('what begins as the hub’s own does is the hub’s, in any case of letters', async (t) => {
  for (const path of ['/hub/', '/hub/x/', '/HUB/', '/user/ana/', '/User/', '/services/a/'])
    t.ok(hubPartOf(path, '/'), path)
  for (const path of ['/hubs/', '/a/hub/', '/users/'])
    t.equal(hubPartOf(path, '/'), undefined, path)
  t.equal(hubPartOf('/base/user/ana/', '/base/'), '/base/user/')
})

t.test('an address is one of HTTP, without a secret, a query or a fragment', async (t) => {
  for (const target of ['http://127.0.0.1:1', 'https://a.test/deep/', 'http://[::1]:8'])
    t.equal(programAddressProblem(target), undefined, target)
  for (const target of [
    '',
    'a',
    '127.0.0.1:1',
    'ftp://a',
    'http://',
    'http://u@a',
    'http://:p@a',
    'http://a/?q',
    'http://a/#f',
    'unix:/run/a.sock',
    'http+unix://%2Frun%2Fa.sock',
    'file:///etc/passwd',
  ])
    // prettier-ignore
    t.match(programAddressProblem(target), /an address such as/, target)
})
