/** §9.10: a credential in an address is looked at by nobody. */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('§9.10 tokens and cookies in addresses are refused, good or bad', async (t) => {
  const { as, addUser, nobody, context } = await startApi(t)
  const ana = addUser('ana')
  const { secret } = context.tokens.issue({ user: ana, note: '' })
  for (const path of [`token/${secret}`, 'token/bad', `cookie/x/${secret}`, 'cookie/x']) {
    const refused = await as(ana)('GET', `/hub/api/authorizations/${path}`)
    t.match(refused, { status: 404, json: { message: /Authorization header/ } }, path)
    t.equal((await nobody('GET', `/hub/api/authorizations/${path}`)).status, 403)
  }
  t.equal((await as(ana)('POST', '/hub/api/authorizations/token', {})).status, 404)
})
