/** The pages of a hub on a port of their own, with a fake spawner: no door, no API, no child processes. */
import { mkdirSync } from 'node:fs'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import path from 'node:path'
import { type RouteOptions } from 'fastify'
import { type Test } from 'tap'
import { type RedirectAuthenticator } from '../../src/auth/authenticator.ts'
import { loadConfig } from '../../src/config/load.ts'
import {
  createContext,
  pluginSchemas,
  type Overrides,
  type WholeContext,
} from '../../src/context.ts'
import { createLog } from '../../src/lib/log.ts'
import { createOrigins } from '../../src/web/origin.ts'
import { mountPages } from '../../src/web/pages/pages.ts'
import { createWebServer } from '../../src/web/server.ts'
import { createBrowser, unescapeHtml, type Browser, type Page } from './browser.ts'
import { createFakeSpawner, type FakeSpawner } from './fake-spawner.ts'
import { passwordOf, temporaryFolder } from './hub.ts'

export type TestPages = {
  readonly context: WholeContext
  readonly spawner: FakeSpawner
  /** Without a slash at its end. */
  readonly url: string
  /** Every route that was registered. */
  readonly routes: readonly RouteOptions[]
  /** A new browser, logged in when a name is given. */
  browser(name?: string): Promise<Browser>
}

export type PageOptions = Overrides & {
  readonly users?: readonly string[]
  /** In the place of the configured one. */
  readonly authenticator?: RedirectAuthenticator
  readonly settings?: Readonly<Record<string, string>>
}

export async function startPages(t: Test, options: PageOptions = {}): Promise<TestPages> {
  const dataDir = path.join(temporaryFolder(t), 'data')
  mkdirSync(dataDir)
  const flags = { data_dir: dataDir, 'password.bcrypt_cost': '4', ...options.settings }
  const loaded = loadConfig({ env: {}, flags }, pluginSchemas)
  const log = options.log ?? createLog({ level: 'silent' })
  const spawner = createFakeSpawner()
  const context = createContext(loaded, { ...options, log, spawner })
  const { trusted_proxies: trustedProxies, public_url: publicUrl } = context.config
  const origins = createOrigins({ trustedProxies, publicUrl })
  const app = await createWebServer({
    log,
    origins,
    bodyLimitBytes: context.config.body_limit,
    serve: (hub) => http.createServer(hub),
  })
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => void routes.push(route))
  const { authenticator = context.authenticator } = options
  await mountPages(app, { ...context, authenticator, origins })
  await app.ready()
  await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    await context.servers.stopAll()
    app.server.closeAllConnections()
    app.server.close()
    await app.close()
    await context.schedule.stop()
    context.store.close()
  })

  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  for (const name of options.users ?? []) {
    const user = context.users.add(name, { admin: name === 'admin' })
    await context.users.setPassword(user, passwordOf(name))
  }
  return {
    context,
    spawner,
    url,
    routes,
    async browser(name) {
      const browser = createBrowser(url)
      if (name !== undefined) await logIn(browser, name)
      return browser
    },
  }
}

export async function logIn(browser: Browser, name: string, password = passwordOf(name)) {
  const page = await browser.open('/hub/login')
  const { value } = browser.cookies.get('_xsrf') ?? { value: '' }
  const body = new URLSearchParams({ username: name, password, _xsrf: value }).toString()
  return browser.send(page.address, { method: 'POST', body, stay: true })
}

/** What a person reads: without tags, spaces folded. */
export const wordsOf = ({ text }: Page): string =>
  unescapeHtml(text.replace(/<(head|script|style)\b.*?<\/\1>/gs, ' ').replace(/<[^>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim()
