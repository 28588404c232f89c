/** A hub that is killed loses nothing: servers, sessions and kernels go on. */
import t from 'tap'
import { startChromium, logIn } from '../support/chromium.ts'
import { startHubProcess } from '../support/hub-process.ts'
import { jupyterSettings, passwordOf } from '../support/hub.ts'
import {
  dismissLostConnection,
  openNotebook,
  runCell,
  waitForIdleKernel,
} from '../support/jupyterlab.ts'

t.test('between two cells the hub is killed, and the third still knows the first', async (t) => {
  const hub = await startHubProcess(t, jupyterSettings)
  const ana = { name: 'ana', password: passwordOf('ana') }
  const invitation = (await hub.command('user', 'add', 'ana')).trim()
  const newPerson = await startChromium(t)
  const page = await (await newPerson()).newPage()
  await page.goto(invitation)
  await page.getByLabel('Password', { exact: true }).fill(ana.password)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${hub.url}/user/ana/lab**`)
  await openNotebook(page)
  await runCell(page, 'kept = 6 * 7; kept', '42')
  await dismissLostConnection(page)

  await hub.kill()
  await hub.restart()

  await runCell(page, 'kept + 1', '43')
  t.pass('the open page goes on')
  await hub.kill()
  await hub.restart()
  await page.reload()
  await waitForIdleKernel(page)
  await runCell(page, 'kept + 2', '44')
  t.pass('a page that is opened again finds its kernel, its server and its login')

  const other = await (await newPerson()).newPage()
  await logIn(other, hub.url, ana)
  await other.waitForURL(`${hub.url}/user/ana/lab**`)
  t.pass('the account is there')
})
