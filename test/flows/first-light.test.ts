/** The first lesson, in a real browser: from the claim link to a notebook cell that ran, and back. */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type BrowserContext, type Page } from 'playwright-core'
import t from 'tap'
import { startChromium } from '../support/chromium.ts'
import { jupyterSettings, passwordOf, startHub, temporaryFolder } from '../support/hub.ts'
import { openNotebook, runCell, typeInTerminal, upload } from '../support/jupyterlab.ts'

const uploadBytes = 50 * 1024 * 1024

t.test('a teacher claims the hub, invites a student, and the student computes', async (t) => {
  const { hub, url } = await startHub(t, { settings: jupyterSettings })
  const newPerson = await startChromium(t)
  const teacher = await newPerson()
  const student = await newPerson()

  const invitation = await claimAndInvite(await teacher.newPage(), url + hub.context.links.claim())
  const page = await acceptInvitation(student, invitation)
  await page.waitForURL(`${url}/user/ana/lab**`)
  await openNotebook(page)
  await runCell(page, '6*7', '42')
  t.pass('the cell ran')

  await typeInTerminal(page, 'echo real > out.txt')
  const [out, real] = [`${url}/user/ana/files/out.txt`, digest('real\n')]
  t.equal(await fileOf(page, out, real), real, 'a terminal works')

  const bytes = randomBytes(uploadBytes)
  const file = path.join(temporaryFolder(t), 'big.bin')
  writeFileSync(file, bytes)
  await upload(page, file)
  const [big, whole] = [`${url}/user/ana/files/big.bin`, digest(bytes)]
  t.equal(await fileOf(page, big, whole), whole, 'a big file is equal')

  const home = await openHubControlPanel(student, page)
  t.equal(new URL(home.url()).pathname, '/hub/home')
  await home.getByRole('button', { name: /^Stop/ }).click()
  await home.getByRole('button', { name: /^Start/ }).waitFor()
  const stopped = await page.request.get(`${url}/user/ana/api/status`)
  t.equal(stopped.status(), 424, 'JupyterLab is told that its server is gone')
  await home.getByRole('button', { name: 'Log out', exact: true }).click()
  await home.getByLabel('Username').waitFor()
  t.equal((await page.request.get(`${url}/user/ana/api/status`)).ok(), false)
})

async function claimAndInvite(page: Page, claimLink: string): Promise<string> {
  await page.goto(claimLink)
  await page.getByLabel('Username').fill('teacher')
  await page.getByLabel('Password', { exact: true }).fill(passwordOf('teacher'))
  await page.getByRole('button', { name: 'Claim this hub' }).click()
  await page.getByRole('link', { name: 'Add people' }).click()
  await page.getByLabel('Names').fill('ana')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  return (
    (await page
      .getByText(/\/hub\/invite\//)
      .first()
      .textContent()) ?? ''
  )
}

async function acceptInvitation(student: BrowserContext, link: string): Promise<Page> {
  const page = await student.newPage()
  await page.goto(link.trim())
  await page.getByLabel('Password', { exact: true }).fill(passwordOf('ana'))
  await page.getByRole('button', { name: 'Set the password and log in' }).click()
  return page
}

async function openHubControlPanel(context: BrowserContext, page: Page): Promise<Page> {
  await page.getByRole('menuitem', { name: 'File' }).click()
  const item = page.getByRole('menuitem', { name: 'Hub Control Panel' })
  // Together: when the click fails, nobody would wait for the event any more.
  const [home] = await Promise.all([context.waitForEvent('page'), item.click()])
  await home.waitForLoadState()
  return home
}

const digest = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex')

/** Its digest, asked again until it is the `wanted` one: uploads and terminals take their time. */
async function fileOf(page: Page, address: string, wanted: string): Promise<string> {
  let last = ''
  for (let attempt = 0; attempt < 60; attempt++) {
    const response = await page.request.get(address)
    last = response.ok() ? digest(await response.body()) : `status ${response.status()}`
    if (last === wanted) break
    await page.waitForTimeout(500)
  }
  return last
}
