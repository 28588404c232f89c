/** What an open JupyterLab makes of what happens at the hub: its server is stopped, its person logs out elsewhere. */
import { type Page, type WebSocket } from 'playwright-core'
import t from 'tap'
import { fillInLogin, startChromium } from '../support/chromium.ts'
import { jupyterSettings, passwordOf, startHub } from '../support/hub.ts'
import { openNotebook } from '../support/jupyterlab.ts'

const { url } = await startHub(t, { settings: jupyterSettings, users: ['ana'] })
const newPerson = await startChromium(t)
const lab = `${url}/user/ana/lab`

async function openLab(page: Page): Promise<void> {
  await page.goto(`${lab}?reset`)
  await fillInLogin(page, { name: 'ana', password: passwordOf('ana') })
  const start = page.getByRole('button', { name: 'Start the server' })
  const launcher = page.locator('.jp-Launcher')
  await start.or(launcher).waitFor()
  if (await start.isVisible()) await start.click()
  await launcher.waitFor()
}

t.test('JupyterLab notices that its server was stopped, and leads back into it', async (t) => {
  const student = await newPerson()
  const page = await student.newPage()
  await openLab(page)
  const home = await student.newPage()
  await home.goto(`${url}/hub/home`)
  await home.getByRole('button', { name: 'Stop' }).click()
  await home.getByRole('button', { name: 'Start' }).waitFor()

  const dialog = page.locator('.jp-Dialog', { hasText: 'Server unavailable or unreachable' })
  await dialog.waitFor()
  const [again] = await Promise.all([
    student.waitForEvent('page'),
    dialog.getByRole('button', { name: 'Restart' }).click(),
  ])
  await again.waitForURL(`${lab}**`)
  await again.locator('.jp-Launcher').waitFor()
  t.pass('the restart of its dialog ends in JupyterLab')
  await student.close()
})

t.test('who logs out in one tab is logged out in every other', async (t) => {
  const student = await newPerson()
  const page = await student.newPage()
  const sockets: WebSocket[] = []
  page.on('websocket', (socket) => sockets.push(socket))
  await openLab(page)
  await openNotebook(page)
  const open = sockets.filter((socket) => !socket.isClosed())
  t.ok(open.some((socket) => socket.url().includes('/api/kernels/')))

  const home = await student.newPage()
  await home.goto(`${url}/hub/home`)
  await home.getByRole('button', { name: 'Log out', exact: true }).click()
  await home.getByLabel('Username').waitFor()
  for (const socket of open) if (!socket.isClosed()) await socket.waitForEvent('close')
  t.pass('its connections to kernels and events are closed')
  const kernels = '/user/ana/api/kernels'
  const status = await page.evaluate(async (address) => (await fetch(address)).status, kernels)
  t.equal(status, 401, 'its requests are refused')
  await student.close()
})
