/** A site elsewhere signs people in with this hub: in Chromium, which holds redirects behind forms against their policy. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { fillInLogin, startChromium } from '../support/chromium.ts'
import { passwordOf, startHub } from '../support/hub.ts'

/** @returns its address; whoever comes reads what they came with. */
async function startSite(t: Test): Promise<string> {
  const server = http.createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`welcome ${request.url ?? ''}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a login leads back to the site that asked, with and without a question between', async (t) => {
  const site = await startSite(t)
  const service = (name: string, oauth_no_confirm: boolean) => ({
    ...{ name, oauth_no_confirm, api_token: `a-long-token-of-${name}` },
    oauth_redirect_uri: `${site}/${name}/callback`,
  })
  const services = [service('trusted', true), service('asking', false)]
  const everybody = { name: 'user', scopes: ['self', 'access:services'] }
  const { url } = await startHub(t, {
    users: ['ana'],
    settings: { services: JSON.stringify(services), roles: JSON.stringify([everybody]) },
  })
  const newPerson = await startChromium(t)
  for (const { name, oauth_no_confirm: isTrusted } of services) {
    const page = await (await newPerson()).newPage()
    const query = `client_id=service-${name}&response_type=code&state=state-of-${name}`
    await page.goto(`${url}/hub/api/oauth2/authorize?${query}`)
    await fillInLogin(page, { name: 'ana', password: passwordOf('ana') })
    if (!isTrusted) await page.getByRole('button', { name: /^Allow/ }).click()
    await page.getByText('welcome').waitFor()
    t.match(page.url(), `${site}/${name}/callback?code=`)
    t.match(page.url(), `state=state-of-${name}`)
  }
}) // prettier-ignore
