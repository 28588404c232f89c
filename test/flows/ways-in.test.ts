/** The ways into a server, in a real browser: without JavaScript, by a link deep into it, into somebody else's. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type BrowserContext, type Page } from 'playwright-core'
import t from 'tap'
import { fillInLogin, startChromium } from '../support/chromium.ts'
import { jupyterSettings, passwordOf, startHub } from '../support/hub.ts'

const users = ['ana', 'ben', 'admin']
const { url, dataDir } = await startHub(t, { settings: jupyterSettings, users })
const newPerson = await startChromium(t)
const lab = `${url}/user/ana/lab`

/** Opens an address, which asks to log in, and does so. */
async function arrive(context: BrowserContext, name: string, address: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(address)
  await fillInLogin(page, { name, password: passwordOf(name) })
  return page
}

t.test('what somebody may not use looks as if it were not there', async (t) => {
  const stranger = await newPerson()
  const page = await arrive(stranger, 'ben', lab)
  await page.getByText('There is no such server').waitFor()
  t.equal((await page.request.get(lab)).status(), 404)
  t.equal((await page.request.get(`${url}/user/nobody/lab`)).status(), 404, 'as for nobody')
  await stranger.close()
})

t.test('the way from the login to the server and back needs no JavaScript', async (t) => {
  const student = await newPerson({ javaScriptEnabled: false })
  const page = await arrive(student, 'ana', `${url}/hub/login`)
  await page.getByRole('heading', { name: 'Your server is starting' }).waitFor()
  t.ok(await page.getByRole('button', { name: 'Cancel' }).isVisible(), 'progress, and a way out')
  await page.waitForURL(`${lab}**`)
  t.equal(await page.title(), 'JupyterLab')
  await page.goto(`${url}/hub/home`)
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Start' }).waitFor()
  await student.close()
})

// §9.143
t.test('a link deep into a server leads there through login and start', async (t) => {
  writeFileSync(path.join(dataDir, 'homes/ana/deep.ipynb'), notebook)
  const student = await newPerson()
  const deep = `${lab}/tree/deep.ipynb?reset`
  const page = await arrive(student, 'ana', deep)
  await page.getByRole('heading', { name: 'Your server is not running' }).waitFor()
  t.equal(page.url(), deep)
  await Promise.all([
    page.waitForResponse((answer) => answer.url() === deep && answer.ok()),
    page.getByRole('button', { name: 'Start the server' }).click(),
  ])
  await page.getByRole('tab', { name: 'deep.ipynb' }).waitFor()
  t.pass('the notebook of the link is open')

  const everybodys = `${url}/hub/user-redirect/lab/tree/deep.ipynb`
  const answer = await page.request.get(everybodys)
  t.equal(answer.url(), `${lab}/tree/deep.ipynb`, 'a link for everybody leads to one’s own')
  t.ok(answer.ok())

  await page.getByRole('menuitem', { name: 'File' }).click()
  await page.getByRole('menuitem', { name: 'Log Out', exact: true }).click()
  await page.getByLabel('Username').waitFor()
  t.match((await page.request.get(lab)).url(), /\/hub\/login\?next=/, 'the hub is left as well')
  t.equal((await page.request.get(`${url}/user/ana/api/kernels`)).status(), 401)
  await student.close()
})

const notebook = JSON.stringify({
  cells: [],
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
})

t.test('an administrator is asked before another’s server learns who they are', async (t) => {
  const admin = await newPerson()
  const page = await arrive(admin, 'admin', lab)
  await page.getByRole('heading', { name: 'Allow access?' }).waitFor()
  t.match(await page.locator('main').innerText(), /of ana/)
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.waitForURL(`${lab}**`)
  await page.locator('#jp-main-dock-panel').waitFor()
  t.match(await (await page.request.get(`${url}/user/ana/api/me`)).json(), {
    identity: { username: 'admin' },
  })
  await admin.close()
})
