/** What every authenticator promises; the test of each begins with this. */
import { Type } from 'typebox'
import { type Test } from 'tap'
import {
  type Authenticator,
  type AuthenticatorNeeds,
  type AuthenticatorPlugin,
} from '../../src/auth/authenticator.ts'
import { authenticators } from '../../src/auth/registry.ts'
import { HubError } from '../../src/lib/errors.ts'
import { createLog } from '../../src/lib/log.ts'
import { createPasswords } from '../../src/lib/password.ts'

/** A log that keeps its lines. */
export function quietLog(lines: string[] = []): AuthenticatorNeeds['log'] {
  return createLog({ level: 'debug' }, { write: (line) => void lines.push(line) })
}

/** Bcrypt at its cheapest. */
export const quickNeeds = (change: Partial<AuthenticatorNeeds> = {}): AuthenticatorNeeds => ({
  log: quietLog(),
  loopback: true,
  manageGroups: false,
  passwords: createPasswords({ cost: 4, concurrent: 2 }),
  ...change,
})

/** @param options complete ones, with which somebody can log in. */
export function authenticatorContract(
  t: Test,
  plugin: AuthenticatorPlugin,
  options: unknown,
): void {
  t.test('it is registered under its name', async (t) => {
    t.equal(authenticators[plugin.name], plugin)
  })

  t.test('each of its options has a sentence', async (t) => {
    if (!Type.IsObject(plugin.options)) throw new Error('options are no object')
    for (const [key, schema] of Object.entries(plugin.options.properties))
      t.match(Reflect.get(schema, 'description'), /^[A-Z].*\.$/, key)
  })

  t.test('making it changes nothing outside', async (t) => {
    const [one, other] = [
      plugin.create(options, quickNeeds()),
      plugin.create(options, quickNeeds()),
    ]
    t.equal(one.kind, other.kind)
  })

  const authenticator = plugin.create(options, quickNeeds())
  if (authenticator.kind === 'password') passwordContract(t, authenticator)
  else redirectContract(t, authenticator)
}

type PasswordKind = Extract<Authenticator, { kind: 'password' }>
type RedirectKind = Extract<Authenticator, { kind: 'redirect' }>

function passwordContract(t: Test, authenticator: PasswordKind): void {
  t.test('no password whatever makes it throw', async (t) => {
    const account = { userId: 1, passwordHash: undefined }
    for (const password of ['', '\0', 'x'.repeat(10_000), '\ud800', 'é'.repeat(72), '%s\n$2b$04$'])
      for (const known of [undefined, account]) {
        const result = await authenticator.check('ana', password, known)
        if (result !== undefined) t.ok(result.identity.subject && result.identity.issuer)
      }
    t.pass()
  })
}

const callbackUrl = 'https://hub.example.org/hub/oauth_callback'
const refused = (thrown: unknown): boolean =>
  thrown instanceof HubError && thrown.code === 'Forbidden'

function redirectContract(t: Test, authenticator: RedirectKind): void {
  t.test(
    'beginning leads to the provider and back to the callback, with a state of its own',
    async (t) => {
      const [one, other] = [
        await authenticator.begin(callbackUrl),
        await authenticator.begin(callbackUrl),
      ]
      const url = new URL(one.redirectTo)
      t.equal(url.searchParams.get('redirect_uri'), callbackUrl)
      t.equal(url.searchParams.get('state'), one.flow['state'])
      t.ok((one.flow['state'] ?? '').length >= 32)
      t.not(one.flow['state'], other.flow['state'])
      for (const value of Object.values(one.flow)) t.type(value, 'string')
    },
  )

  t.test('PKCE binds the answer to the one who asked, and the verifier stays here', async (t) => {
    const { redirectTo, flow } = await authenticator.begin(callbackUrl)
    const url = new URL(redirectTo)
    t.equal(url.searchParams.get('code_challenge_method'), 'S256')
    t.match(url.searchParams.get('code_challenge'), /^[\w-]{43}$/)
    t.notOk(redirectTo.includes(flow['verifier'] ?? ''))
  })

  t.test('only the browser that began can end it', async (t) => {
    const [mine, other] = [
      await authenticator.begin(callbackUrl),
      await authenticator.begin(callbackUrl),
    ]
    const state = mine.flow['state'] ?? ''
    const rows: [string, string, Record<string, string>][] = [
      ['no answer', '', mine.flow],
      ['no state', 'code=1', mine.flow],
      ['no code', `state=${state}`, mine.flow],
      ['an empty code', `code=&state=${state}`, mine.flow],
      ['the state of another login', `code=1&state=${state}`, other.flow],
      ['no flow', `code=1&state=${state}`, {}],
      ['an empty state on both sides', 'code=1&state=', { ...mine.flow, state: '' }],
      ['no state on both sides', 'code=1', { verifier: 'x' }],
      ['two states', `code=1&state=${state}&state=x`, mine.flow],
      ['two codes', `code=1&code=2&state=${state}`, mine.flow],
      ['a fault of another login', `error=access_denied&state=${state}`, other.flow],
    ]
    for (const [name, query, flow] of rows)
      await t.rejects(
        authenticator
          .finish(callbackUrl, new URLSearchParams(query), flow)
          .catch((thrown: unknown) => {
            t.ok(refused(thrown), name)
            t.match(thrown, { message: /another browser/ }, name)
            throw thrown
          }),
        name,
      )
  })
}
