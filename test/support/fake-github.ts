/**
 * A small server that speaks GitHub's OAuth and REST shapes, as its documentation describes them: no real GitHub can be
 * reached where these tests run, so what only GitHub itself can show is not shown by them.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type GitHubAccount = {
  id: number
  login: string
  /** Their names; teams as `org/team`. */
  orgs?: string[]
  teams?: string[]
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

export type FakeGitHub = {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who clicks on "Authorize"; undefined: somebody who clicks on "Cancel". */
  account: GitHubAccount | undefined
  /** Answers in the place of the usual ones, by path below the host. */
  readonly instead: Map<string, Answer>
  /** Entries on a page, whatever is asked for. */
  pageSize: number
  /** Method and path of every request, in order. */
  readonly requests: string[]
  /** Every access token that was given out. */
  readonly tokens: string[]
  close(): Promise<void>
}

type Grant = {
  readonly challenge: string
  readonly redirectUri: string
  readonly account: GitHubAccount
}

export async function startFakeGitHub(): Promise<FakeGitHub> {
  const grants = new Map<string, Grant>()
  const holders = new Map<string, GitHubAccount>()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeGitHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: 'Iv1.client',
    clientSecret: randomBytes(20).toString('hex'),
    account: undefined,
    instead: new Map(),
    pageSize: 30,
    requests: [],
    tokens: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', fake.url)
    fake.requests.push(`${request.method} ${url.pathname}`)
    const instead = fake.instead.get(url.pathname)
    if (instead) {
      instead(request, response)
      return
    }
    if (url.pathname === '/login/oauth/authorize') {
      authorize(url.searchParams, response)
      return
    }
    if (url.pathname === '/login/oauth/access_token') {
      giveToken(new URLSearchParams(await text(request)), request, response)
      return
    }
    if (url.pathname.startsWith('/api/v3/')) {
      api(url, request, response)
      return
    }
    json(response, 404, { message: 'Not Found' })
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirectUri = query.get('redirect_uri') ?? ''
    const challenge = query.get('code_challenge') ?? ''
    const isGood =
      query.get('client_id') === fake.clientId &&
      query.get('response_type') === 'code' &&
      query.get('code_challenge_method') === 'S256' &&
      challenge.length === 43
    if (!isGood) {
      json(response, 404, { message: 'Not Found' })
      return
    }
    const back = new URL(redirectUri)
    if (fake.account === undefined) {
      back.searchParams.set('error', 'access_denied')
      back.searchParams.set('error_description', 'The user has denied your application access.')
    } else {
      const code = randomBytes(10).toString('hex')
      grants.set(code, { challenge, redirectUri, account: fake.account })
      back.searchParams.set('code', code)
    }
    back.searchParams.set('state', query.get('state') ?? '')
    response.writeHead(302, { location: back.href }).end()
  }

  /** Faults come with status 200, as at GitHub. */
  function giveToken(
    form: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const grant = grants.get(form.get('code') ?? '')
    grants.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const fault =
      form.get('client_id') !== fake.clientId || form.get('client_secret') !== fake.clientSecret
        ? 'incorrect_client_credentials'
        : grant?.challenge !== challenge
          ? 'bad_verification_code'
          : grant.redirectUri !== form.get('redirect_uri')
            ? 'redirect_uri_mismatch'
            : undefined
    if (fault !== undefined || grant === undefined) {
      json(response, 200, { error: fault, error_description: 'It is wrong or expired.' })
      return
    }
    const token = `gho_${randomBytes(18).toString('hex')}`
    fake.tokens.push(token)
    holders.set(token, grant.account)
    const body = { access_token: token, scope: 'read:org', token_type: 'bearer' }
    if (request.headers.accept?.includes('json')) {
      json(response, 200, body)
      return
    }
    response
      .writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' })
      .end(new URLSearchParams(body).toString())
  }

  function api(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const account = holders.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '')
    if (account === undefined || url.searchParams.has('access_token')) {
      json(response, 401, { message: 'Bad credentials' })
      return
    }
    if (request.headers['user-agent'] === undefined) {
      json(response, 403, { message: 'Request forbidden by administrative rules.' })
      return
    }
    const { orgs = [], teams = [], ...person } = account
    if (url.pathname === '/api/v3/user') {
      json(response, 200, { ...person, type: 'User' })
      return
    }
    if (url.pathname === '/api/v3/user/orgs') {
      page(
        url,
        response,
        orgs.map((login, id) => ({ login, id })),
      )
      return
    }
    if (url.pathname === '/api/v3/user/teams') {
      page(
        url,
        response,
        teams.map((team) => {
          const [login, slug] = team.split('/')
          return { slug, name: `The ${slug}`, organization: { login } }
        }),
      )
      return
    }
    json(response, 404, { message: 'Not Found' })
  }

  function page(url: URL, response: ServerResponse, entries: object[]): void {
    const number = Number(url.searchParams.get('page') ?? '1')
    const links: string[] = []
    const linkTo = (to: number, rel: string): void => {
      const target = new URL(url)
      target.searchParams.set('page', String(to))
      links.push(`<${target.href}>; rel="${rel}"`)
    }
    if (number > 1) linkTo(number - 1, 'prev')
    if (number * fake.pageSize < entries.length) {
      linkTo(number + 1, 'next')
      linkTo(Math.ceil(entries.length / fake.pageSize), 'last')
    }
    if (links.length > 0) response.setHeader('link', links.join(', '))
    json(response, 200, entries.slice((number - 1) * fake.pageSize, number * fake.pageSize))
  }

  return fake
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

/** What a browser does at the provider: @returns the query with which it comes back. */
export async function authorizeAt(redirectTo: string): Promise<URLSearchParams> {
  const response = await fetch(redirectTo, { redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '').searchParams
}
