/** The real Chromium of this machine, ended with the test. */
import { existsSync } from 'node:fs'
import {
  chromium,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core'
import { type Test } from 'tap'

const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => existsSync(file))

/** Nothing that looks for its maker's hosts; as root Chromium has no sandbox. */
const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** How long a page may take on a busy machine. */
const patienceMs = 60_000

type NewPerson = (options?: BrowserContextOptions) => Promise<BrowserContext>

/** @returns a function that opens a new, empty browser profile each time: a person of their own. */
export async function startChromium(t: Test): Promise<NewPerson> {
  if (executablePath === undefined) throw new Error('no Chromium here: scripts/test installs it')
  const browser = await chromium.launch({ executablePath, args })
  t.teardown(() => browser.close())
  return async (options = {}) => {
    const viewport = { width: 1280, height: 800 }
    const context = await browser.newContext({ viewport, ...options })
    context.setDefaultTimeout(patienceMs)
    t.teardown(() => keepPicture(context, t))
    return context
  }
}

/** What the person saw last, beside the test logs, when something was not as it should be. */
async function keepPicture(context: BrowserContext, t: Test): Promise<void> {
  if (t.passing()) return
  const name = `${t.name.slice(0, 40)}-${Date.now()}`
  for (const [index, page] of context.pages().entries())
    await page.screenshot({ path: `.littlehub/log/${name}-${index}.png` })
}

type Person = { readonly name: string; readonly password: string }

/** Opens the login form, fills it in and sends it. */
export async function logIn(page: Page, url: string, who: Person): Promise<void> {
  await page.goto(`${url}/hub/login`)
  await fillInLogin(page, who)
}

/** Fills in the login form that is open, and sends it. */
export async function fillInLogin(page: Page, who: Person): Promise<void> {
  await page.getByLabel('Username').fill(who.name)
  await page.getByLabel('Password', { exact: true }).fill(who.password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

/** Waits until the element's text is this one. */
export async function expectText(element: Locator, text: string): Promise<void> {
  await element.filter({ hasText: new RegExp(`^\\s*${RegExp.escape(text)}\\s*$`) }).waitFor()
}
