/** GitHub's lists: pages in every spelling of the Link header, and never a token elsewhere. */
import t from 'tap'
import { createGitHubApi } from '../../src/auth/github-api.ts'
import { type ProviderRequest } from '../../src/auth/provider-request.ts'

type Page = { readonly link?: string; readonly body: unknown }

function apiOf(pages: Record<string, Page>) {
  const asked: (ProviderRequest & { url: string })[] = []
  const api = createGitHubApi({
    apiUrl: 'https://git.example/api/v3',
    ask: async (url, request) => {
      asked.push({ url, ...request })
      const page = pages[url]
      if (page === undefined) return { status: 404, headers: new Headers(), text: '{}' }
      const headers = new Headers(page.link === undefined ? {} : { link: page.link })
      return { status: 200, headers, text: JSON.stringify(page.body) }
    },
  })
  return { api, asked }
}

const first = 'https://git.example/api/v3/user/orgs?per_page=100'
const second = 'https://git.example/api/v3/user/orgs?per_page=100&page=2'
const one = [{ login: 'One' }]
const two = [{ login: 'TWO' }]

t.test('every page is read, whatever the Link header looks like', async (t) => {
  const links = [
    `<${second}>; rel="next"`,
    `<${first}>; rel="prev", <${second}>; rel="next", <${second}>; rel="last"`,
    `<${first}>; rel="prev",<${second}>;rel=next`,
    `<${second}>; title="a, b"; rel="next"`,
    '<?per_page=100&page=2>; rel="next"',
  ]
  for (const link of links) {
    const { api, asked } = apiOf({ [first]: { link, body: one }, [second]: { body: two } })
    t.same(await api.listOrganizations('t'), ['one', 'two'], link)
    t.ok(asked.every(({ headers }) => headers['authorization'] === 'Bearer t'))
  }
})

t.test('other links are not followed', async (t) => {
  for (const link of [`<${second}>; rel="last"`, `<${second}>; rel="nextish"`, 'next', '']) {
    const { api, asked } = apiOf({ [first]: { link, body: one }, [second]: { body: two } })
    t.same(await api.listOrganizations('t'), ['one'], link)
    t.equal(asked.length, 1)
  }
})

t.test('the token goes nowhere else', async (t) => {
  for (const target of [
    'https://evil.example/',
    'http://git.example/api/v3/user/orgs',
    '//evil.example/',
  ]) {
    const { api, asked } = apiOf({ [first]: { link: `<${target}>; rel="next"`, body: one } })
    await t.rejects(api.listOrganizations('t'), { code: 'Upstream' }, target)
    t.equal(asked.length, 1)
  }
})

t.test('a team is its organisation and its slug', async (t) => {
  const url = 'https://git.example/api/v3/user/teams?per_page=100'
  const team = { slug: 'tutors', name: 'All Tutors', organization: { login: 'Uni' } }
  t.same(await apiOf({ [url]: { body: [team] } }).api.listTeams('t'), ['uni/tutors'])
  for (const broken of [
    { slug: 'tutors' },
    { organization: { login: 'uni' } },
    { ...team, organization: null },
  ])
    await t.rejects(apiOf({ [url]: { body: [broken] } }).api.listTeams('t'), { code: 'Upstream' })
})
