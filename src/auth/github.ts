/** Logging in with GitHub or GitHub Enterprise: who may come in, and who they are. */
import { Strategy, type StrategyOptions } from 'passport-github2'
import { Type, type Static } from 'typebox'
import { flag, list, reloaded, section } from '../config/schema.ts'
import { ConfigError, forbidden, HubError, type ConfigProblem } from '../lib/errors.ts'
import { defineAuthenticator, type Identity } from './authenticator.ts'
import { createGitHubApi, type GitHubApi } from './github-api.ts'
import { redirectLogin, type FlowStore } from './oauth-login.ts'
import { withTransport } from './oauth-transport.ts'
import { askProvider } from './provider-request.ts'

const options = section(
  {
    client_id: Type.String({ minLength: 1, description: 'Client ID of the OAuth app.' }),
    client_secret: Type.String({ minLength: 1, description: 'Client secret of the OAuth app.' }),
    url: Type.String({
      default: 'https://github.com',
      pattern: '^https?://[^/?#@ ]+(?:/[^?# ]*)?$',
      description: 'Address of GitHub, or of your GitHub Enterprise.',
    }),
    allow_all: reloaded(flag(false, 'Everybody with an account there may log in.')),
    allowed_users: reloaded(list('Login names that may log in.')),
    allowed_organizations: reloaded(list('Organisations whose members may log in.')),
    allowed_teams: reloaded(
      list('Teams whose members may log in, as organisation/team with its slug.'),
    ),
    admin_users: reloaded(list('Login names that may log in and are made administrators.')),
  },
  'Logging in with GitHub.',
)

type Options = Static<typeof options>

/** The identity is the numeric id, so a renamed account stays the same person, and a name that changes hands does not. */
export const github = defineAuthenticator({
  name: 'github',
  options,
  namesGroups: true,
  create: (given, { manageGroups }) => {
    const problems = problemsOf(given)
    if (problems.length > 0) throw new ConfigError(problems)
    const place = placeOf(given.url)
    const rules = { ...rulesOf(given), groups: manageGroups }
    const api = createGitHubApi({ apiUrl: place.apiUrl, ask: askProvider })

    const identify = async (granted: Granted, profile: unknown): Promise<Identity> => {
      const person = personOf(profile)
      const memberships = asksMemberships(rules, person.login)
        ? await membershipsOf(api, granted.accessToken, rules)
        : undefined
      if (!isAllowed(person.login, rules, memberships)) throw notAllowed(person.login)
      return {
        issuer: place.issuer,
        subject: person.id,
        name: person.login,
        ...(rules.admins.has(person.login.toLowerCase()) ? { admin: true } : {}),
        ...(rules.groups && memberships ? { groups: groupsOf(memberships) } : {}),
        authState: stateOf(granted, profile),
      }
    }

    return redirectLogin({
      label: 'GitHub',
      strategy: (callbackUrl, store) =>
        withTransport(
          newStrategy({ given, place, rules, callbackUrl, store, identify }),
          askProvider,
        ),
    })
  },
})

const problemAt = (key: string, sentence: string): ConfigProblem => ({
  source: 'configuration',
  key: `auth.github.${key}`,
  sentence,
})

function problemsOf(given: Options): ConfigProblem[] {
  const { allow_all, allowed_users, allowed_organizations, allowed_teams, admin_users } = given
  const lists = [allowed_users, allowed_organizations, allowed_teams, admin_users]
  const url = URL.parse(given.url)
  return [
    ...(allow_all || lists.flat().some((name) => name.trim() !== '')
      ? []
      : [problemAt('allowed_users', nobody)]),
    ...(url?.protocol === 'https:' || (url && isLoopback(url.hostname))
      ? []
      : [problemAt('url', 'must begin with https://, for the client secret goes there.')]),
    ...allowed_organizations.flatMap((organization, index) =>
      /[/:]/.test(organization)
        ? [problemAt(`allowed_organizations[${index}]`, teamInPlaceOfOrganization(organization))]
        : [],
    ),
    ...allowed_teams.flatMap((team, index) =>
      /^[^/\s]+\/[^/\s]+$/.test(team)
        ? []
        : [problemAt(`allowed_teams[${index}]`, `'${team}' is not of the form organisation/team.`)],
    ),
  ]
}

/** oauthenticator's `allowed_organizations` takes teams too, as `organisation:team`. */
const teamInPlaceOfOrganization = (team: string): string =>
  `'${team}' is a team; write it in allowed_teams, as organisation/team.`

const nobody =
  'nobody could log in: name allowed_users, allowed_organizations, allowed_teams or admin_users, ' +
  'or set allow_all to true if everybody with an account there may.'

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host)

type Place = { readonly issuer: string; readonly apiUrl: string }

/** @see https://docs.github.com/en/enterprise-server/rest, "endpoint URLs"; data residency has a host of its own. */
function placeOf(written: string): Place {
  const url = new URL(written)
  const issuer = `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  if (issuer === 'https://github.com') return { issuer, apiUrl: 'https://api.github.com' }
  if (url.hostname.endsWith('.ghe.com')) return { issuer, apiUrl: `https://api.${url.host}` }
  return { issuer, apiUrl: `${issuer}/api/v3` }
}

type Rules = {
  readonly everybody: boolean
  readonly users: ReadonlySet<string>
  readonly admins: ReadonlySet<string>
  readonly organizations: ReadonlySet<string>
  readonly teams: ReadonlySet<string>
  /** Whoever may come in, their groups are wanted. */
  readonly groups: boolean
}

const lowerCase = (names: readonly string[]): Set<string> =>
  new Set(names.map((name) => name.trim().toLowerCase()))

const rulesOf = (given: Options): Omit<Rules, 'groups'> => ({
  everybody: given.allow_all,
  users: lowerCase(given.allowed_users),
  admins: lowerCase(given.admin_users),
  organizations: lowerCase(given.allowed_organizations),
  teams: lowerCase(given.allowed_teams),
})

const mayAskMemberships = ({ everybody, organizations, teams, groups }: Rules): boolean =>
  groups || (!everybody && organizations.size + teams.size > 0)

/** GitHub is asked only when the name alone does not say, or for groups. */
const asksMemberships = (rules: Rules, login: string): boolean =>
  mayAskMemberships(rules) && (rules.groups || !isNamed(login, rules))

type Granted = { readonly accessToken: string; readonly refreshToken: string | undefined }

type VerifyArguments = [
  token: string,
  refreshToken: string | undefined,
  profile: { readonly _json: unknown },
  done: (error: unknown, identity?: Identity) => void,
]

type StrategyNeeds = {
  readonly given: Options
  readonly place: Place
  readonly rules: Rules
  readonly callbackUrl: string
  readonly store: FlowStore
  readonly identify: (granted: Granted, profile: unknown) => Promise<Identity>
}

function newStrategy(needs: StrategyNeeds): Strategy {
  const { given, place, rules, callbackUrl, store, identify } = needs
  const settings = {
    clientID: given.client_id,
    clientSecret: given.client_secret,
    callbackURL: callbackUrl,
    authorizationURL: `${place.issuer}/login/oauth/authorize`,
    tokenURL: `${place.issuer}/login/oauth/access_token`,
    userProfileURL: `${place.apiUrl}/user`,
    // Without it, only memberships that the person shows to everybody can be seen.
    scope: mayAskMemberships(rules) ? ['read:org'] : [],
    userAgent: 'littlehub',
    pkce: true,
    // The published types lack the form of a store that keeps a verifier.
    store: store as unknown as NonNullable<StrategyOptions['store']>,
  }
  // passport-github2 reads the profile's own JSON into `_json`; its `id` there is a number, as GitHub sends it.
  return new Strategy(
    settings,
    (...[accessToken, refreshToken, profile, done]: VerifyArguments) => {
      identify({ accessToken, refreshToken }, profile._json).then(
        (identity) => {
          done(null, identity)
        },
        (thrown: unknown) => {
          done(thrown)
        },
      )
    },
  )
}

type Person = { readonly id: string; readonly login: string }

function personOf(profile: unknown): Person {
  const { id, login } = (profile ?? {}) as { id?: unknown; login?: unknown }
  if (typeof id === 'number' && Number.isSafeInteger(id) && id > 0 && isLogin(login))
    return { id: String(id), login }
  throw new HubError('Upstream', 'GitHub did not say who you are. Try again in a moment.')
}

/** ASCII only, so that no letter of another script is taken for one of an allowed name. */
const isLogin = (login: unknown): login is string =>
  typeof login === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(login)

type Memberships = { readonly organizations: readonly string[]; readonly teams: readonly string[] }

async function membershipsOf(api: GitHubApi, token: string, rules: Rules): Promise<Memberships> {
  const { organizations, teams, groups } = rules
  return {
    organizations: groups || organizations.size > 0 ? await api.listOrganizations(token) : [],
    teams: groups || teams.size > 0 ? await api.listTeams(token) : [],
  }
}

function isNamed(login: string, { everybody, users, admins }: Rules): boolean {
  const name = login.toLowerCase()
  return everybody || users.has(name) || admins.has(name)
}

/** One matching list is enough. */
const isAllowed = (login: string, rules: Rules, memberships: Memberships | undefined): boolean =>
  isNamed(login, rules) ||
  (memberships?.organizations.some((org) => rules.organizations.has(org)) ?? false) ||
  (memberships?.teams.some((team) => rules.teams.has(team)) ?? false)

/** Teams are written as oauthenticator writes them, `organisation:team`. */
const groupsOf = ({ organizations, teams }: Memberships): string[] => [
  ...organizations,
  ...teams.map((team) => team.replace('/', ':')),
]

/** With the keys that programs know from oauthenticator. */
const stateOf = ({ accessToken, refreshToken }: Granted, profile: unknown) => ({
  access_token: accessToken,
  ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
  github_user: profile,
})

const notAllowed = (login: string): HubError =>
  forbidden(
    `The GitHub account ${login} may not use this hub. Ask an administrator of this hub to allow it.`,
  )
