import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { toServiceSpec } from '../../src/config/check-declarations.ts'
import { type ServiceDeclaration } from '../../src/config/declarations.ts'
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { ConfigError, type ConfigProblem } from '../../src/lib/errors.ts'

const plugins = { auth: {}, spawner: {} }
const ofPlugins = (problem: ConfigProblem): boolean => /^(auth|spawner)\.type/.test(problem.key)

/** What the file is, and what is wrong with it apart from the plug-ins that this test leaves out. */
function load(t: Test, yaml: string): { config?: LoadedConfig; problems: string[] } {
  const file = path.join(t.testdir(), 'config.yaml')
  writeFileSync(file, yaml)
  try {
    return { config: loadConfig({ file, env: {}, flags: {} }, plugins), problems: [] }
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    const found = thrown.problems.filter((problem) => !ofPlugins(problem))
    return { problems: found.map((one) => `${one.line ?? '?'} ${one.key}: ${one.sentence}`) }
  }
}

const whole = `
admin_users: [root@example.org]
groups:
  staff:
    users: [Ana, ben]
    properties: {room: 7, deep: {list: [1, null]}, nothing: null}
  empty:
custom_scopes:
  custom:grades: {description: Grades, subscopes: ['custom:grades:read']}
  custom:grades:read: {description: Read grades}
roles:
  - name: teacher
    scopes: ['list:users', 'custom:grades!group=staff', 'read:users:name!user']
    groups: [staff]
  - name: admin
    users: [ana]
services:
  - name: grader
    url: http://127.0.0.1:9000
    api_token: a-secret-of-the-grader
    access: members
    oauth_client_allowed_scopes: ['read:users!user', teacher, user]
  - name: culler
    command: [python3, -m, jupyterhub_idle_culler]
`

t.test('what a whole configuration declares has no problem', async (t) => {
  t.same(load(t, whole).problems, [])
})

t.test('a name that nobody can have is a problem with its place', async (t) => {
  const { problems } = load(t, 'admin_users: [a/b]\ngroups:\n  "x/y":\n    users: [ana, ""]\n')
  t.match(problems, [
    /^1 admin_users\[0\]: A user name cannot contain a slash/,
    /^3 groups.x\/y: A group name cannot contain a slash/,
    /^4 groups.x\/y.users\[1\]: A user name cannot be empty/,
  ])
})

t.test('§9.121 roles: names, duplicates, the scopes of admin, unknown scopes', async (t) => {
  const { problems } = load(
    t,
    `roles:
  - {name: ab}
  - {name: teacher, scopes: ['list:user', 'read:users!gruop=x', 'custom:x:y']}
  - {name: teacher, groups: ['']}
  - {name: admin, scopes: [self]}
  - {name: pupil, members: [x]}
`,
  )
  t.match(problems, [/^6 roles\[4\].members: unknown setting/])
  const others = load(
    t,
    `roles:
  - {name: ab}
  - {name: teacher, scopes: ['list:user', 'read:users!gruop=x', 'custom:x:y']}
  - {name: teacher, groups: ['']}
  - {name: admin, scopes: [self]}
`,
  )
  t.match(others.problems, [
    /^2 roles\[0\].name: .*3–255/,
    /^3 roles\[1\].scopes\[0\]: .*"list:user" does not exist. Did you mean `list:users`\?/,
    /^3 roles\[1\].scopes\[1\]: The filter/,
    /^3 roles\[1\].scopes\[2\]: .*does not exist/,
    /^4 roles\[2\].groups\[0\]: /,
    /^4 roles\[2\].name: .*another entry/,
    /^5 roles\[3\].scopes: .*may only get members/,
  ])
})

t.test('§9.123 custom scopes', async (t) => {
  const { problems } = load(
    t,
    `custom_scopes:
  read:hub: {description: x}
  custom:grades: {description: x, subscopes: [self]}
`,
  )
  t.match(problems, [/^2 custom_scopes.read:hub: /, /^3 custom_scopes.custom:grades: .*self/])
  t.match(load(t, 'custom_scopes: {custom:abc: {}}').problems, [/description: is missing/])
})

t.test('§9.38 services: names, addresses, tokens, and what must differ', async (t) => {
  const { problems } = load(
    t,
    `services:
  - {name: ' a'}
  - {name: b, api_token: '1234567'}
  - {name: c, url: 'ftp://x', oauth_client_allowed_scopes: [techer]}
  - {name: d, api_token: same-token, oauth_client_id: service-x}
  - {name: d, api_token: same-token, oauth_client_id: service-x}
`,
  )
  t.match(problems, [
    /^2 services\[0\].name: /,
    /^3 services\[1\].api_token: at least 8/,
    /^4 services\[2\].url: /,
    /^4 services\[2\].oauth_client_allowed_scopes\[0\]: .*does not exist/,
    /^6 services\[4\].name: /,
    /^6 services\[4\].api_token: /,
    /^6 services\[4\].oauth_client_id: /,
  ])
  t.notMatch(problems.join(), /1234567|same-token/, 'no secret is shown')
})

t.test('what is empty in the configuration is absent from the service', async (t) => {
  const empty: ServiceDeclaration = {
    ...{ name: 'a', url: '', api_token: '', admin: false, cwd: '', environment: {}, user: '' },
    ...{ timeout: 1, display: true, info: {}, oauth_client_id: '', oauth_redirect_uri: '' },
    ...{ access: 'public', command: [], oauth_client_allowed_scopes: [], oauth_no_confirm: false },
  }
  t.strictSame(toServiceSpec(empty), {
    ...{ name: 'a', admin: false, access: 'public', display: true, info: {} },
    ...{ oauthClientAllowedScopes: [], oauthNoConfirm: false },
  })
  t.equal(toServiceSpec({ ...empty, url: 'http://a' }).url, 'http://a')
})
