/** Faults of requests that Node's parser lets pass. */
import { type IncomingMessage } from 'node:http'
import t from 'tap'
import { faultOf } from '../../src/proxy/faults.ts'

type Parts = { method?: string; httpVersion?: string; hosts?: string[]; headers?: object }

const statusOf = ({ method = 'GET', httpVersion = '1.1', hosts = ['h'], headers = {} }: Parts) =>
  faultOf({
    method,
    httpVersion,
    headers: { ...(hosts[0] === undefined ? {} : { host: hosts[0] }), ...headers },
    headersDistinct: { host: hosts },
  } as unknown as IncomingMessage)?.status

t.test('there is exactly one Host, and it is one', (t) => {
  const good = ['h', 'hub.example.org', 'hub.example.org:8000', '127.0.0.1:1', '[::1]', '[::1]:80', 'h:', '']
  for (const host of good) t.equal(statusOf({ hosts: [host] }), undefined, host)
  const bad = ['a b', 'a@b', 'u:p@b', 'a/b', 'a?b', 'a#b', 'a\\b', 'a:b', 'a:1:2', '[::1', '::1', 'a\u00e9', 'a\tb', '<x>']
  for (const host of bad) t.equal(statusOf({ hosts: [host] }), 400, host)
  t.equal(statusOf({ hosts: ['a', 'a'] }), 400)
  t.equal(statusOf({ hosts: [] }), 400)
  t.equal(statusOf({ hosts: [], httpVersion: '1.0' }), undefined)
  t.end()
}) // prettier-ignore

t.test('a body is framed in one way that we understand', (t) => {
  const te = (value: string) => ({ 'transfer-encoding': value })
  t.equal(statusOf({ headers: te('chunked') }), undefined)
  t.equal(statusOf({ headers: te(' Chunked ') }), undefined)
  for (const coding of ['gzip, chunked', 'chunked, chunked', 'identity', 'chunked, identity', ''])
    t.equal(statusOf({ headers: te(coding) }), 501, coding)
  t.equal(statusOf({ headers: te('chunked'), httpVersion: '1.0' }), 400)
  t.equal(statusOf({ headers: { ...te('chunked'), 'content-length': '5' } }), 400)
  t.end()
})

t.test('TRACE would show a page what we add', (t) => {
  t.equal(statusOf({ method: 'TRACE' }), 405)
  t.equal(statusOf({ method: 'PROPFIND' }), undefined)
  t.end()
})
