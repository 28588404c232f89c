/** What a person does in JupyterLab 4: opens a notebook or a terminal, computes, uploads. */
import { expectText } from './chromium.ts'
import { type Page } from 'playwright-core'

/** Opens a new notebook with the first kernel of the launcher, and waits until the kernel is idle. */
export async function openNotebook(page: Page): Promise<void> {
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click()
  await page.locator('.jp-NotebookPanel .cm-content').first().waitFor()
  await waitForIdleKernel(page)
}

/** The mark in the toolbar is idle before there is any kernel as well; the status bar names the kernel. */
export async function waitForIdleKernel(page: Page): Promise<void> {
  await page
    .locator('#jp-main-statusbar')
    .getByText(/\| Idle$/)
    .waitFor()
}

/** As a person would: whatever JupyterLab asks while it cannot reach the hub is answered with "Dismiss". */
export async function dismissLostConnection(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Server unavailable or unreachable' })
  await page.addLocatorHandler(dialog, async () => {
    await dialog.getByRole('button', { name: 'Dismiss' }).click()
  })
}

/** Puts `code` into the last cell, runs it, and waits until its output is `output`. */
export async function runCell(page: Page, code: string, output: string): Promise<void> {
  const cells = page.locator('.jp-NotebookPanel .jp-CodeCell')
  // Running the last cell adds an empty one behind it.
  const cell = cells.nth((await cells.count()) - 1)
  const editor = cell.locator('.cm-content')
  await editor.fill(code)
  await editor.press('Shift+Enter')
  await expectText(cell.locator('.jp-OutputArea-output').last(), output)
}

/** Opens a terminal and types a line into it. */
export async function typeInTerminal(page: Page, line: string): Promise<void> {
  await page.getByRole('button', { name: 'New Launcher' }).first().click()
  await page.locator('.jp-LauncherCard', { hasText: 'Terminal' }).last().click()
  const terminal = page.locator('.jp-Terminal .xterm-helper-textarea').last()
  await terminal.waitFor({ state: 'attached' })
  await page.locator('.jp-Terminal .xterm-screen').last().click()
  await page.keyboard.type(`${line}\n`)
}

/** Sends a large file of this machine to the folder that is open. */
export async function upload(page: Page, file: string): Promise<void> {
  const button = page.getByRole('button', { name: /^Upload/ }).first()
  // Together: when the click fails, nobody would wait for the event any more.
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), button.click()])
  await chooser.setFiles(file)
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Upload' }).click()
}
