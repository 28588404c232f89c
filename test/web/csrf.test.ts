/** Forms that do not come from a page of ours. */
import t from 'tap'
import { isStaleForm } from '../../src/web/csrf.ts'
import { startPages, wordsOf } from '../support/pages.ts'

t.test(
  'a form without its token is refused with a sentence that helps, and nothing happens',
  async (t) => {
    const pages = await startPages(t, { users: ['ana'] })
    const ana = await pages.browser('ana')
    const page = await ana.send('/hub/spawn', { method: 'POST', body: '' })
    t.equal(page.status, 403)
    t.match(wordsOf(page), /reload the page and try again. \('_xsrf' argument missing\)/)
    t.same(pages.spawner.requests, [])
  },
)

t.test('the token may come with the form, the query or a header', async (t) => {
  const pages = await startPages(t, { users: ['ana'] })
  const ana = await pages.browser('ana')
  const token = ana.cookies.get('_xsrf')?.value ?? ''
  const post = async (address: string, body: string, headers = {}): Promise<number> =>
    (await ana.send(address, { method: 'POST', body, headers, stay: true })).status
  const path = '/hub/account/sessions'
  t.equal(await post(path, `_xsrf=${token}`), 303)
  t.equal(await post(`${path}?_xsrf=${token}`, ''), 303)
  t.equal(await post(path, '', { 'x-xsrftoken': token }), 303)
  t.equal(await post(path, '_xsrf=', { 'x-xsrftoken': `${token}x` }), 403)
})

t.test('only a refused form counts as a stale one', async (t) => {
  t.equal(isStaleForm(new Error('something else')), false)
})
