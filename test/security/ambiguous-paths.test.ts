/** S-55: the path that decides about access and the path that is forwarded can never disagree. */
import t from 'tap'
import { isAmbiguousPath } from '../../src/proxy/path.ts'
import { createRoutes, type Owner } from '../../src/proxy/routes.ts'

const owner = (user: string): Owner => ({ user, server: '', serverId: 1, userId: 1 })

/** How lenient servers may read a path: decoded once or twice, either slash, dots resolved, slashes merged, parameters cut. */
function lenientReadings(path: string): string[] {
  const decode = (text: string): string =>
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  const resolve = (text: string): string => {
    const out: string[] = []
    for (const segment of text.split('/')) {
      if (segment === '..') out.pop()
      else if (segment !== '.' && segment !== '') out.push(segment)
    }
    return `/${out.join('/')}/`
  }
  const once = decode(path)
  const readings = [path, once].flatMap((text) => [
    text,
    text.replaceAll('\\', '/'),
    text.replace(/;[^/]*/g, ''),
    text.replace(/[\x00-\x1f#].*$/s, ''),
    text.replace(/[\t\r\n\x00]/g, ''),
  ])
  return readings.map(resolve)
}

t.test('a clear path means the same user to every reader, however lenient', (t) => {
  const routes = createRoutes(() => 0)
  for (const user of ['ana', 'bob'])
    routes.add(`/user/${user}/`, { host: '127.0.0.1', port: 1 }, owner(user))
  const pieces = [
    '/', '//', 'user', 'ana', 'bob', 'hub', '/user/ana/', '/user/bob/', '.', '..', '%2e', '%2E', '%252e', '%2f', '%2F', '%252f',
    '%5c', '\\', ';', ';x', '%3b', '%00', '%', '%75', '%61', '#', '%23', '%0a', '\t', 'x', ' ', '%20', '%c0%ae', '%c3%a9', '+', '~', '@',
  ] // prettier-ignore
  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let clear = 0
  for (let round = 0; round < 150_000; round++) {
    const rest = Array.from({ length: 1 + random(7) }, () => pieces[random(pieces.length)] ?? '')
    const start = ['/user/ana/', '/user/ana', '/user/', '/', ''][random(5)] ?? ''
    const path = start + rest.join('')
    if (isAmbiguousPath(path)) continue
    clear += 1
    const route = routes.match(path)
    if (!route) continue
    for (const reading of lenientReadings(path))
      if (!reading.startsWith(route.prefix)) t.fail(JSON.stringify([path, reading, route.prefix]))
  }
  t.ok(clear > 10_000, `${clear} were clear`)
  t.end()
})

t.test('a path that no route takes is no way around the table for lenient readers either', (t) => {
  const hidden = [
    '/hub/../user/bob/', '/hub/%2e%2e/user/bob/', '/hub/..%2fuser/bob/', '/hub/..\\user/bob/', '/hub/%5c../user/bob/',
    '//user/bob/', '/user//bob/', '/user;a=b/bob/', '/user/bob;x/', '/./user/bob/', '/%2e/user/bob/', '/hub/..;/user/bob/',
    '/hub/.%2e/user/bob/', '/user%00/bob/', '/user/bob%00/', '/user/bob%0a/', '/user/bob#/', '/user/%c0%ae%c0%ae/hub/',
  ] // prettier-ignore
  for (const path of hidden) t.equal(isAmbiguousPath(path), true, path)
  t.end()
})

t.test('an encoded dot that is encoded once more stays what it is', (t) => {
  const routes = createRoutes(() => 0)
  for (const user of ['ana', 'bob', '%2e%2e'])
    routes.add(`/user/${user}/`, { host: '127.0.0.1', port: 1 }, owner(user))
  t.equal(routes.match('/user/ana/%252e%252e/bob/')?.prefix, '/user/ana/')
  t.equal(routes.match('/user/%252e%252e/x')?.prefix, '/user/%2e%2e/')
  t.end()
})
