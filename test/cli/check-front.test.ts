/** The doctor through a real nginx: what it loses is named, with the header that is missing. */
import t, { type Test } from 'tap'
import { checkFront } from '../../src/cli/check-front.ts'
import { type Finding } from '../../src/cli/finding.ts'
import { snippetOf } from '../../src/cli/front-snippets.ts'
import { freePort } from '../support/free-port.ts'
import { frontOnly, startFront } from '../support/fronts.ts'
import { startHub } from '../support/hub.ts'

/** @param without lines of the snippet that somebody forgot */
async function examine(t: Test, without: RegExp, trusted = '127.0.0.1'): Promise<Finding[]> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = { public_url: url, trusted_proxies: trusted }
  const { hub } = await startHub(t, { settings, users: ['admin'] })
  const { context } = hub
  const snippet = snippetOf('nginx', { ...context.config, port: Number(new URL(hub.url).port) })
  await startFront(t, 'nginx', { snippet: snippet.replace(without, ''), port })
  const user = context.store.users.getByName('admin')
  const { secret } = context.tokens.issue({ user, note: 'test', scopes: ['read:hub'] })
  return checkFront({ config: context.config, secret, now: new Date() })
}

for (const [what, without, expected] of [
  ['the whole snippet', /^no such line/m, { level: 'ok', found: /WebSocket and an upload/ }],
  [
    'no Upgrade',
    /^.*(?:Upgrade|Connection) \$.*\n/gm,
    { level: 'fail', found: /Upgrade and Conn/ },
  ],
  ['no Host', /^.*Host.*\n/gm, { level: 'warn', found: /Host .*: 127\.0\.0\.1:\d+ in the place/ }],
  ['no address', /^.*X-Forwarded-For.*\n/gm, { level: 'warn', found: /X-Forwarded-For / }],
  [
    'no scheme',
    /^.*X-Forwarded-Proto.*\n/gm,
    { level: 'warn', found: /Proto .*nothing, not http/ },
  ],
  ['a megabyte at most', /^.*client_max_body_size.*\n/gm, { level: 'fail', found: /2 MB .*413/ }],
] as const)
  t.test(`nginx with ${what}`, frontOnly('nginx'), async (t) => {
    const findings = await examine(t, without)
    t.equal(findings.length, 1)
    t.match(findings[0], { check: 'front', ...expected })
    if (expected.level !== 'ok') t.match(findings[0]?.advice, /doctor --snippet nginx/)
  })

t.test('a proxy that the hub does not believe is named', frontOnly('nginx'), async (t) => {
  const [finding] = await examine(t, /^no such line/m, '198.51.100.1')
  t.match(finding, { level: 'warn', advice: /add-item trusted_proxies 127\.0\.0\.1$/ })
})

t.test('where nobody answers, that is said; without a public address, nothing', async (t) => {
  const config = { public_url: `http://127.0.0.1:${await freePort()}`, base_url: '/' }
  const needs = { secret: 'x', now: new Date() }
  t.match(await checkFront({ config, ...needs }), [{ level: 'fail', found: /does not answer/ }])
  t.same(await checkFront({ config: { ...config, public_url: '' }, ...needs }), [])
})

t.test('a front with another clock is warned about', frontOnly('nginx'), async (t) => {
  const port = await freePort()
  const settings = { public_url: `http://127.0.0.1:${port}`, trusted_proxies: '127.0.0.1' }
  const { hub } = await startHub(t, { settings, users: ['admin'] })
  const { config, tokens, store } = hub.context
  const hubPort = Number(new URL(hub.url).port)
  await startFront(t, 'nginx', { snippet: snippetOf('nginx', { ...config, port: hubPort }), port })
  const { secret } = tokens.issue({ user: store.users.getByName('admin'), note: 'test' })
  const now = new Date(Date.now() + 3_600_000)
  t.match(await checkFront({ config, secret, now }), [{ check: 'clock', level: 'warn' }])
})
