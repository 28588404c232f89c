/** Which paths could be read in two ways (S-55). */
import t from 'tap'
import { isAmbiguousPath, originForm, withoutQuery } from '../../src/proxy/path.ts'

t.test('what JupyterLab, files and people write is clear', (t) => {
  const clear = [
    '/', '/hub/', '/hub/home', '/hub/api/users/ana@x', '/user/ana/', '/user/ana', '/user/ana/lab/tree/a%20b.ipynb',
    '/user/ana/api/contents/.hidden', '/user/ana/files/..data', '/user/ana/files/a..b', '/user/ana/files/...',
    '/user/al%C3%A9/lab', '/user/ana/lab/api/settings/@jupyterlab%2Fapputils-extension:themes',
    '/user/ana/files/a%2Fb', '/user/ana/files//twice', '/user/ana//lab', '/user/ana/files/x;y=1', '/services/x/a//b;c',
    '/user/ana/files/%252e%252e/x', '/user/ana/files/%2525', "/user/ana/files/o'neil(1)!*,$&+=:@~_-|{}", '/.well-known/x',
    '/user/ana/files/.%20.', '/user/ana/files/\u00c3\u00a9', '/user/ana/%3b', '/user/ana%3Bx/',
  ] // prettier-ignore
  for (const path of clear) t.equal(isAmbiguousPath(path), false, path)
  t.end()
})

t.test('every spelling of a dot segment is ambiguous', (t) => {
  const dots = ['.', '..', '%2e', '%2E', '%2e%2e', '%2E%2e', '.%2e', '%2e.', '..;x', '..%3bx', '.;', '%2e%2E;', '..%23x', '..%3f']
  for (const dot of dots)
    for (const path of [`/user/ana/${dot}/bob/`, `/${dot}`, `/user/ana/x/${dot}`, `/hub/${dot}/x`])
      t.equal(isAmbiguousPath(path), true, path)
  for (const path of ['/user/ana/..%2fbob', '/user/ana/%2f..', '/user/ana/a%2F..%2Fb', '/user/ana/%2e%2e%2fb'])
    t.equal(isAmbiguousPath(path), true, path)
  t.end()
}) // prettier-ignore

t.test('backslashes, controls, fragments and broken encodings are ambiguous', (t) => {
  const parts = [
    '\\', '..\\', '%5c', '%5C', '..%5c', '\u0000', '\t', '\n', '\u007f', ' ', '#', '#x', '%00', '%0a', '%0D', '%09', '%1f',
    '%7F', '%', '%2', '%zz', '%2x', '%%32e', '%u002e', '%ff', '%c0%ae', '%c0%af', '%e0%80%ae', '%ed%a0%80', '%C3',
  ] // prettier-ignore
  for (const part of parts)
    for (const path of [
      `/user/ana/x${part}`,
      `/user/ana/${part}y`,
      `/user/an${part}-/`,
      `/hub/${part}`,
    ])
      t.equal(isAmbiguousPath(path), true, JSON.stringify(path))
  t.end()
})

t.test(
  'what decides where a request goes has no empty segment, no parameter, no raw octet beyond ASCII',
  (t) => {
    const paths = [
    '//', '//user/ana/', '///user/ana/', '/user//ana/', '/user//', '//hub/home', '/hub//home', '/x//user/ana/',
    '/base//user/ana/', '/user//user/ana/', '/user;x/ana/', '/user/ana;x/', '/user/;/ana/', '/;/user/ana/',
    '/hub/home;x', '/services//x/', '/user/jos\u00c3\u00a9/', '/us\u00e9r/ana/', '/user/an\u0430/',
  ] // prettier-ignore
    for (const path of paths) t.equal(isAmbiguousPath(path), true, path)
    t.end()
  },
)

t.test('what is no path is ambiguous', (t) => {
  for (const path of ['', '*', 'user/ana/', '?x', 'http://h/user/ana/', 'h:80']) {
    t.equal(isAmbiguousPath(path), true, path)
  }
  t.end()
})

t.test('a hostile path is judged quickly', (t) => {
  const started = process.cpuUsage()
  for (const part of ['/', '/user', '%2f', ';', '..%2', '/%2e%2'])
    isAmbiguousPath(`/${part.repeat(16_000)}%`)
  const { user } = process.cpuUsage(started)
  t.ok(user < 1_000_000, `${user} µs`)
  t.end()
})

t.test('of the absolute form the path and query go on', (t) => {
  const forms: Record<string, string> = {
    '/user/ana/?x': '/user/ana/?x',
    'http://h/user/ana/?x=http://y/': '/user/ana/?x=http://y/',
    'HTTPS://u:p@h:1/a': '/a',
    'http://h?x=/user/ana/': '?x=/user/ana/',
    'http://h': '',
    '//h/a': '//h/a',
    'ftp://h/a': 'ftp://h/a',
  }
  for (const [target, expected] of Object.entries(forms)) t.equal(originForm(target), expected)
  t.equal(withoutQuery('/a?b?c'), '/a')
  t.equal(withoutQuery('/a'), '/a')
  t.end()
})
