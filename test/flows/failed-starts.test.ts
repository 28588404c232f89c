/** Starts that come to nothing, in a browser: what the person is told, and the way out. */
import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type BrowserContext, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { logIn, startChromium } from '../support/chromium.ts'
import { passwordOf, startHub, temporaryFolder, type TestHub } from '../support/hub.ts'

const fakeToken = 'fa1cefa1cefa1cefa1cefa1cefa1ce00'

/** A user environment that does not start. */
const broken = `
echo "Traceback (most recent call last):"
echo "connecting with api_token=${fakeToken}"
echo "ModuleNotFoundError: No module named 'jupyterlab'"
exit 3`

/** One that never answers. */
const silent = `
echo "thinking"
exec sleep 600`

async function startHubWith(t: Test, script: string): Promise<TestHub> {
  const program = path.join(temporaryFolder(t), 'server')
  writeFileSync(program, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  return startHub(t, { settings: { 'spawner.cmd': program }, users: ['ana'] })
}

async function arrive(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await logIn(page, url, { name: 'ana', password: passwordOf('ana') })
  return page
}

t.test('a server that ends at once shows its exit code, its last lines and a hint', async (t) => {
  const { url } = await startHubWith(t, broken)
  const page = await arrive(await (await startChromium(t))(), url)

  await page.getByRole('heading', { name: 'Your server failed' }).waitFor()
  const text = await page.locator('main').innerText()
  t.match(text, /exit code 3/)
  t.match(text, /lacks the package jupyterlab/, 'the hint')
  t.match(text, /Traceback \(most recent call last\):\n.*api_token=\[redacted\]\n.*ModuleNotFound/)
  t.notMatch(await page.content(), fakeToken)

  await page.getByRole('link', { name: 'Home' }).last().click()
  await page.getByText('Failed', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'Your server failed' }).waitFor()
  t.pass('trying again is possible, and told as honestly')
})

t.test('a start can be cancelled while it is watched, and leaves nothing', async (t) => {
  const { url, hub } = await startHubWith(t, silent)
  const page = await arrive(await (await startChromium(t))(), url)

  await page.getByText('Waiting for the server to answer').first().waitFor()
  const [server] = hub.context.store.servers.listActive()
  const pid = Number(server?.spawnState?.['pid'])
  t.ok(isThere(pid), 'the program runs')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.waitForURL(`${url}/hub/home`)
  await page.getByRole('button', { name: 'Start' }).waitFor()
  t.notOk(isThere(pid), 'the program is gone')
  t.match(await page.locator('main').innerText(), /Stopped/)
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
