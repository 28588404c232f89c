/** The other way of the trial: Debian's classic Notebook 6, whose `jupyterhub-singleuser` is of JupyterHub 3.0. */
import { type Page } from 'playwright-core'
import t from 'tap'
import { expectText, logIn, startChromium } from '../support/chromium.ts'
import { passwordOf, startHub } from '../support/hub.ts'

/** What the installer sets when it falls back to Debian's packages. */
const debianSettings = {
  'spawner.cmd': '/usr/bin/jupyterhub-singleuser',
  'spawner.path': '/usr/bin:/bin',
  'spawner.environment.JUPYTERHUB_SINGLEUSER_APP': 'notebook.notebookapp.NotebookApp',
}

// §9.147
t.test('a student computes in the classic Notebook, stops it and logs out', async (t) => {
  const { url } = await startHub(t, { settings: debianSettings, users: ['ana'] })
  const newPerson = await startChromium(t)
  const student = await newPerson()
  const page = await student.newPage()

  await logIn(page, url, { name: 'ana', password: passwordOf('ana') })
  await page.waitForURL(`${url}/user/ana/tree**`)
  const python = page.locator('#new-menu').getByText(/^Python 3/)
  // It comes with the scripts of the page, without which the button does nothing.
  await python.waitFor({ state: 'attached' })
  await page.locator('#new-dropdown-button').click()
  const [notebook] = await Promise.all([student.waitForEvent('page'), python.click()])
  await runFirstCell(notebook, '6*7', '42')
  t.pass('the cell ran')

  await page.getByRole('link', { name: 'Control Panel' }).click()
  await page.waitForURL(`${url}/hub/home`)
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Start' }).waitFor()
  t.equal((await page.request.get(`${url}/user/ana/api/status`)).status(), 424)
  await page.getByRole('button', { name: 'Log out', exact: true }).click()
  await page.getByLabel('Username').waitFor()
  t.equal((await page.request.get(`${url}/user/ana/api/status`)).status(), 401)
})

async function runFirstCell(notebook: Page, code: string, output: string): Promise<void> {
  await notebook.locator('#kernel_indicator_icon.kernel_idle_icon').waitFor()
  const cell = notebook.locator('.code_cell').first()
  await cell.locator('.CodeMirror').click()
  await notebook.keyboard.type(code)
  await notebook.keyboard.press('Shift+Enter')
  await expectText(cell.locator('.output_result'), output)
}
