/** S-29: no secret is ever in the log or readable in the database, whatever is done with it and however it fails. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { cullIdleServers } from '../../src/core/culler.ts'
import { removeExpired, writeActivity } from '../../src/core/housekeeping.ts'
import { HOUR } from '../../src/lib/time.ts'
import { createCore, eventually, fillDisk, origin, type Core } from '../support/core.ts'

const secretOf = (link: string): string => link.split('/').at(-1) ?? ''

/** Runs what may fail: the failing is part of it. */
const tried = async (work: () => unknown): Promise<void> => {
  try {
    await work()
  } catch {
    // What it threw goes to the person; the log and the database are looked at below.
  }
}

/** People, from claim to logout. @returns what must stay secret */
async function livesOfPeople({ context }: Core): Promise<string[]> {
  const { links, login, users, sessions } = context
  const passwords = ['canary claim wording', 'canary invited wording', 'canary changed wording']
  const [first = '', second = '', third = ''] = passwords
  const claim = secretOf(links.claim())
  await tried(() => links.redeemClaim(claim, { name: 'a/b', password: first }, origin))
  const owner = await links.redeemClaim(claim, { name: 'owner', password: first }, origin)
  const ana = users.add('ana', { admin: false })
  const invitation = secretOf(links.invite(ana))
  await tried(() => links.redeemPassword('canary-link-guess', second, origin))
  const invited = await links.redeemPassword(invitation, second, origin)
  await tried(() => login.withPassword('ana', 'canary wrong guess', origin))
  await tried(() => login.withPassword('a/b', 'canary wrong guess', origin))
  const change = { oldPassword: second, newPassword: third }
  await tried(() =>
    users.changePassword(ana, { ...change, oldPassword: 'canary old guess' }, invited.session),
  )
  await users.changePassword(ana, change, invited.session)
  const again = await login.withPassword('ana', third, origin)
  sessions.end(again.session)
  const reset = secretOf(links.reset(ana))
  const guesses = ['canary-link-guess', 'canary wrong guess', 'canary old guess']
  const cookies = [owner, invited, again].map(({ secret }) => secret)
  return [...passwords, ...guesses, claim, invitation, reset, ...cookies]
}

/** Servers and programs, good and bad. @returns what must stay secret */
async function livesOfPrograms(core: Core): Promise<string[]> {
  const { servers, tokens, oauthProvider, access } = core.context
  const ana = core.context.store.users.getByName('ana')
  const plain = tokens.issue({ user: ana, note: 'a program' })
  const server = await servers.start(core.serverOf(ana))
  const own = core.spawner.programs()[0]?.environment['JUPYTERHUB_API_TOKEN'] ?? ''
  const login = core.logIn(ana)
  const query = new URLSearchParams({
    client_id: 'jupyterhub-user-ana',
    redirect_uri: '/user/ana/oauth_callback',
    response_type: 'code',
    state: 'canary-state',
  })
  const principal = core.asSession(login)
  const asked = principal && oauthProvider.authorize(principal, query)
  if (!principal || !asked || !('request' in asked)) throw new Error('not authorized')
  const redirect = new URL(oauthProvider.approve(principal, asked.request), 'http://hub.example')
  const code = redirect.searchParams.get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    client_id: 'jupyterhub-user-ana',
    redirect_uri: '/user/ana/oauth_callback',
    code,
  }
  await tried(() =>
    oauthProvider.exchange(new URLSearchParams({ ...form, client_secret: 'canary-client' })),
  )
  const again = oauthProvider.approve(principal, asked.request)
  const second = new URL(again, 'http://hub.example').searchParams.get('code') ?? ''
  const issued = oauthProvider.exchange(
    new URLSearchParams({ ...form, code: second, client_secret: own }),
  )
  access.identify({
    authorization: 'token canary-token-guess',
    cookie: 'littlehub-session=canary-cookie',
  })
  tokens.revoke(plain.token)
  core.spawner.logLines = [`JUPYTERHUB_API_TOKEN=${own}`, `Authorization: token ${own}`, own]
  await core.spawner.programs()[0]?.end(1)
  await eventually(() => core.again(server).state === 'stopped')
  const guesses = ['canary-state', 'canary-client', 'canary-token-guess', 'canary-cookie']
  return [plain.secret, own, login.secret, code, second, issued.access_token, ...guesses]
}

t.test('canaries through every verb are found in no log line and no file', async (t) => {
  const core = createCore(t)
  const { context, spawner } = core
  const secrets = [...(await livesOfPeople(core)), ...(await livesOfPrograms(core))]
  t.ok(
    secrets.every((secret) => secret.length >= 10),
    'secrets worth looking for',
  )
  t.equal(new Set(secrets).size, secrets.length)

  const ana = context.store.users.getByName('ana')
  spawner.behaviour = 'dies'
  await tried(() => context.servers.start(core.serverOf(ana)))
  spawner.behaviour = 'answers'
  await context.servers.start(core.serverOf(ana))
  core.clock.advance(2 * HOUR)
  await cullIdleServers({
    ...context,
    baseUrl: '/',
    timeoutMs: HOUR,
    maxAgeMs: 0,
    silent: new Set(),
  })
  writeActivity(context)
  await removeExpired(context)
  const free = fillDisk(core)
  await tried(() => context.login.withPassword('ana', 'canary changed wording', origin))
  await tried(() => context.tokens.issue({ user: ana, note: '' }))
  free()
  await context.users.setDisabled(ana, true)

  const log = core.lines.join('')
  t.ok(core.lines.length > 20, 'there is a log')
  const files = readdirSync(core.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.startsWith('littlehub.db'))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
  t.ok(files.some((text) => text.includes('jupyterhub-user-ana') || text.includes('owner')))
  for (const secret of secrets) {
    const name = secret.startsWith('canary') ? secret : `${secret.slice(0, 4)}…`
    t.notOk(log.includes(secret), `${name} in the log`)
    t.notOk(
      files.some((text) => text.includes(secret)),
      `${name} in the database`,
    )
  }
})
