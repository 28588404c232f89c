/** Idle servers are stopped, and their owners are told why; one whose kernel is at work is not idle. */
import t from 'tap'
import { pollUntil } from '../../src/lib/poll.ts'
import { createBrowser } from '../support/browser.ts'
import { jupyterSettings, serverOf, startHub } from '../support/hub.ts'
import { begin } from '../support/kernel.ts'
import { logIn, wordsOf } from '../support/pages.ts'

/** Longer than a busy machine takes between two requests of a login. */
const idleMs = 15_000
const settings = { ...jupyterSettings, 'cull.timeout': `${idleMs}ms`, 'cull.every': '500ms' }

const until = (ask: () => Promise<boolean>): Promise<boolean> =>
  pollUntil(ask, {
    timeoutMs: 90_000,
    firstMs: 100,
    maxMs: 500,
    signal: new AbortController().signal,
  })

t.test('an idle server is stopped, and one with a kernel at work is not', async (t) => {
  const { hub, url } = await startHub(t, { settings, users: ['ana', 'ben'] })
  const { servers, tokens, activity, store } = hub.context
  const stateOf = (name: string): string => serverOf(hub, name).state
  const user = store.users.find(serverOf(hub, 'ben').userId)
  if (!user) throw new Error('there is no ben')
  const { secret } = tokens.issue({ user, note: 'test', scopes: ['inherit'] })
  const headers = { authorization: `token ${secret}` }
  const kernels = `${url}/user/ben/api/kernels`

  await servers.start(serverOf(hub, 'ben'))
  const made = await fetch(kernels, { method: 'POST', headers, body: '{}' })
  t.equal(made.status, 201)
  const { id } = (await made.json()) as { id: string }
  const channels = `${kernels.replace('http', 'ws')}/${id}/channels`
  await begin({ channels, headers }, 'import time; time.sleep(600)')
  const leftMs = Date.now()
  await servers.start(serverOf(hub, 'ana'))

  t.ok(await until(async () => stateOf('ana') === 'stopped'), 'the idle one is stopped')
  const ana = createBrowser(url)
  await logIn(ana, 'ana')
  const home = wordsOf(await ana.open('/hub/home'))
  t.match(home, /Stopped after 15 seconds without use\. Your files are safe\./)

  const usedMs = (): number => activity.ofServer(serverOf(hub, 'ben'))?.getTime() ?? 0
  const wasSpared = async (): Promise<boolean> => usedMs() - leftMs >= idleMs
  t.ok(await until(wasSpared), 'the busy one was asked, and counts as used')
  t.equal(stateOf('ben'), 'ready')

  t.equal((await fetch(`${kernels}/${id}`, { method: 'DELETE', headers })).status, 204)
  t.ok(await until(async () => stateOf('ben') === 'stopped'), 'and is stopped when it is idle')
})
