/** The public name: known to the DNS, and leading here. */
import t from 'tap'
import { checkName, type NameNeeds } from '../../src/cli/check-name.ts'

const needs = (addresses: readonly string[]): NameNeeds => ({
  resolve: () => Promise.resolve(addresses),
  own: () => ['192.0.2.1', '2001:db8::1'],
})

const url = 'https://hub.example.org'

t.test('a name that leads to this machine is fine', async (t) => {
  const found = await checkName(url, needs(['192.0.2.1', '2001:db8::1']))
  t.match(found, [{ check: 'name', level: 'ok', found: /hub\.example\.org leads to this machine/ }])
})

t.test('one that leads elsewhere, if only in part, is warned about', async (t) => {
  const found = await checkName(url, needs(['192.0.2.1', '2001:db8::2']))
  t.match(found, [{ level: 'warn', found: /leads to 2001:db8::2, which is no address/ }])
})

t.test('one that nobody knows is a fault', async (t) => {
  const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
  const found = await checkName(url, { ...needs([]), resolve })
  t.match(found, [{ level: 'fail', found: /not known by name \(ENOTFOUND\)/ }])
})

t.test('an address needs no DNS, and no public address says nothing', async (t) => {
  const never = { ...needs([]), resolve: () => Promise.reject(new Error('asked')) }
  t.match(await checkName('http://192.0.2.1:8000', never), [{ level: 'ok' }])
  t.match(await checkName('http://[2001:db8::1]/', never), [{ level: 'ok' }])
  t.same(await checkName('', never), [])
})

t.test('the machine itself is asked', async (t) => {
  t.match(await checkName('http://127.0.0.1:1'), [{ level: 'ok' }])
  t.match(await checkName('http://localhost:1'), [{ level: 'ok' }])
})
