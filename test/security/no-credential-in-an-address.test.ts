/** S-11: no credential is taken from an address, where it would end up in logs, histories and other people's links. */
import t from 'tap'
import { startApi } from '../support/api.ts'

t.test('a good token in the query opens nothing', async (t) => {
  const { nobody, context, addUser, logIn } = await startApi(t)
  const admin = addUser('admin')
  const { secret } = context.tokens.issue({ user: admin, note: '' })
  const session = logIn(admin)
  const names = ['token', 'access_token', 'api_token', 'authorization', 'Authorization', 'auth']
  for (const name of names)
    for (const value of [secret, `token ${secret}`, session.secret]) {
      const query = `${name}=${encodeURIComponent(value)}`
      t.equal((await nobody('GET', `/hub/api/user?${query}`)).status, 403, name)
      t.equal((await nobody('POST', `/hub/api/users/eve?${query}`, '{}')).status, 403, name)
    }
  t.equal(context.store.users.findByName('eve'), undefined)
})

t.test('the token endpoint takes nothing from the address', async (t) => {
  const { nobody, context, addUser, serverOf } = await startApi(t)
  const secret = context.tokens.issueForServer(serverOf(addUser('ana')))
  const query = `client_id=jupyterhub-user-ana&client_secret=${secret}&grant_type=authorization_code&code=x`
  t.match(await nobody('POST', `/hub/api/oauth2/token?${query}`), {
    status: 400,
    json: { error: 'invalid_request' },
  })
})
