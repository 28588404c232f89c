/** What GitHub's REST API says about the person whose token this is: their organisations and teams. */
import { HubError } from '../lib/errors.ts'
import { type ProviderAnswer, type ProviderRequest } from './provider-request.ts'

export interface GitHubApi {
  /** Names of the organisations, in lower case. @throws {HubError} Upstream, as below too: any doubt is an error. */
  listOrganizations(token: string): Promise<string[]>
  /** `org/team`, in lower case; the team by its slug. */
  listTeams(token: string): Promise<string[]>
}

export type GitHubApiNeeds = {
  /** `https://api.github.com`, without a slash at its end. */
  readonly apiUrl: string
  readonly ask: (url: string, request: ProviderRequest) => Promise<ProviderAnswer>
}

/** 5000 organisations; nobody is in more, and a server that always has a next page ends too. */
const mostPages = 50

export function createGitHubApi({ apiUrl, ask }: GitHubApiNeeds): GitHubApi {
  async function listAll(path: string, token: string): Promise<unknown[]> {
    const entries: unknown[] = []
    let url: string | undefined = `${apiUrl}${path}?per_page=100`
    for (let page = 0; url !== undefined; page++) {
      if (page === mostPages) throw unclear(new Error(`more than ${mostPages} pages`))
      const answer = await askOnce(url, token)
      entries.push(...entriesOf(answer))
      url = nextPage(answer.headers.get('link'), url)
    }
    return entries
  }

  async function askOnce(url: string, token: string): Promise<ProviderAnswer> {
    const headers = {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'user-agent': 'littlehub',
      'x-github-api-version': '2022-11-28',
    }
    try {
      return await ask(url, { method: 'GET', headers })
    } catch (thrown) {
      throw unclear(thrown)
    }
  }

  return {
    listOrganizations: async (token) =>
      (await listAll('/user/orgs', token)).map((org) => textAt(org, 'login')),
    listTeams: async (token) =>
      (await listAll('/user/teams', token)).map(
        (team) => `${textAt(fieldOf(team, 'organization'), 'login')}/${textAt(team, 'slug')}`,
      ),
  }
}

const unclear = (cause: unknown): HubError =>
  new HubError(
    'Upstream',
    'GitHub did not say which organisations and teams you are in. Try again in a moment.',
    {
      cause,
    },
  )

function entriesOf({ status, text }: ProviderAnswer): unknown[] {
  if (status !== 200) throw unclear(new Error(`status ${status}`))
  const entries = parse(text)
  if (!Array.isArray(entries)) throw unclear(new Error('no list'))
  return entries
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw unclear(thrown)
  }
}

const fieldOf = (entry: unknown, key: string): unknown =>
  typeof entry === 'object' && entry !== null ? (Reflect.get(entry, key) as unknown) : undefined

function textAt(entry: unknown, key: string): string {
  const value = fieldOf(entry, key)
  if (typeof value !== 'string' || value === '') throw unclear(new Error(`an entry without ${key}`))
  return value.toLowerCase()
}

/** @returns the address of the next page, where the token may go too. @see RFC 8288 §3 */
function nextPage(link: string | null, current: string): string | undefined {
  const next = link
    ?.split(/,\s*(?=<)/)
    .map((part) => /^<([^>]*)>(.*)$/.exec(part.trim()))
    .find((match) => /;\s*rel="?next"?(?:\s*;|$)/i.test(match?.[2] ?? ''))?.[1]
  if (next === undefined) return undefined
  const url = URL.parse(next, current)
  if (url?.origin !== new URL(current).origin)
    throw unclear(new Error('the next page is elsewhere'))
  return url.href
}
