/** A program that changes a hub of its machine in every way at once, and says what was acknowledged, a line of JSON each: URL TOKEN USER PASSWORD ROUND. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { sessionCookie } from '../../src/model/session.ts'
import { createBrowser } from './browser.ts'

/** What the hub said is done. `wanted` comes before it is asked for. */
export type Acknowledged =
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'token' | 'revoked' | 'session'; readonly secret: string }
  | { readonly kind: 'wanted' | 'setting'; readonly value: number }
  | { readonly kind: 'backup'; readonly file: string }
  | { readonly kind: 'failed'; readonly what: string }

const [url = '', admin = '', user = '', password = '', round = ''] = process.argv.slice(2)

// To a pipe this is synchronous: what is acknowledged has been said before anything else happens.
const say = (line: Acknowledged): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const littlehub = async (...words: readonly string[]): Promise<string> =>
  (await promisify(execFile)('littlehub', words)).stdout.trim()

async function ask(method: 'POST' | 'DELETE', path: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `token ${admin}` }
  const answer = await fetch(`${url}/hub/api/users/${path}`, { method, headers })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

/** Half of the tokens are taken back. */
async function askTheApi(turn: number): Promise<void> {
  const name = `person-${round}-${turn}`
  await ask('POST', name)
  say({ kind: 'user', name })
  const { token, id } = await ask('POST', `${name}/tokens`)
  if (turn % 2 === 1) {
    await ask('DELETE', `${name}/tokens/${String(id)}`)
    say({ kind: 'revoked', secret: String(token) })
  } else say({ kind: 'token', secret: String(token) })
}

async function logIn(): Promise<void> {
  const browser = createBrowser(url)
  const form = await browser.open('/hub/login?next=%2Fhub%2Fhome')
  const page = await browser.submit(form, /name="password"/, { username: user, password })
  const cookie = browser.cookies.get(sessionCookie.plain)
  if (page.status !== 200 || !cookie) throw new Error(`a login ended with ${page.status}`)
  say({ kind: 'session', secret: cookie.value })
}

async function useTheCommandLine(turn: number): Promise<void> {
  const value = 100 * (Number(round) + 1) + (turn % 100)
  say({ kind: 'wanted', value })
  await littlehub('config', 'set', 'backup.keep', String(value))
  say({ kind: 'setting', value })
  say({ kind: 'token', secret: await littlehub('token', 'add', user) })
}

async function backUp(turn: number): Promise<void> {
  const file = `/root/backup-${round}-${turn}.tar.gz`
  await littlehub('backup', file)
  say({ kind: 'backup', file })
}

async function forever(work: (turn: number) => Promise<void>): Promise<void> {
  for (let turn = 0; ; turn++) await work(turn)
}

for (const work of [askTheApi, logIn, useTheCommandLine, backUp])
  void forever(work).catch((thrown: unknown) => say({ kind: 'failed', what: String(thrown) }))
