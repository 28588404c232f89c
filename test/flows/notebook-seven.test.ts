/** Notebook 7 in a server wrapped as before JupyterHub's extension, in a browser: the tree, a notebook, a cell that ran. */
import { type Page } from 'playwright-core'
import t from 'tap'
import { expectText, logIn, startChromium } from '../support/chromium.ts'
import { jupyterSettings, passwordOf, startHub } from '../support/hub.ts'

const settings = {
  ...jupyterSettings,
  'spawner.environment.JUPYTERHUB_SINGLEUSER_EXTENSION': '0',
  'spawner.default_url': '/tree',
}

t.test('a student computes in Notebook 7', async (t) => {
  const { url } = await startHub(t, { settings, users: ['ana'] })
  const context = await (await startChromium(t))()
  const page = await context.newPage()
  await logIn(page, url, { name: 'ana', password: passwordOf('ana') })
  await page.waitForURL(`${url}/user/ana/tree**`)

  const opened = context.waitForEvent('page')
  await chooseKernel(page)
  await runFirstCell(await opened, '6*7', '42')
  t.pass('the cell ran')

  const home = await page.request.get(`${url}/hub/home`)
  t.match(await home.text(), /Stop/, 'the hub knows that it runs')
})

/** A menu that is open when the kernels become known is emptied and closes. */
async function chooseKernel(page: Page): Promise<void> {
  const kernel = page.getByText(/^Python 3/).first()
  for (let tries = 0; tries < 5 && !(await kernel.isVisible()); tries++) {
    await page.getByText('New', { exact: true }).first().click()
    await kernel.waitFor({ timeout: 10_000 }).catch(() => undefined)
  }
  await kernel.click()
}

/** Who runs a cell before there is a kernel is asked for one; the mark is idle already then. */
async function waitForIdleKernel(notebook: Page): Promise<void> {
  await notebook.locator('.jp-KernelName', { hasText: /^Python 3/ }).waitFor()
  await notebook.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor()
}

async function runFirstCell(notebook: Page, code: string, output: string): Promise<void> {
  await waitForIdleKernel(notebook)
  const cell = notebook.locator('.jp-CodeCell').first()
  await cell.locator('.cm-content').click()
  await notebook.keyboard.type(code)
  await notebook.keyboard.press('Shift+Enter')
  await expectText(cell.locator('.jp-OutputArea-output').last(), output)
}
