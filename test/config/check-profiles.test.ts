/** What may be wrong with profiles and with what changes for groups, each with its line. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { checkProfiles } from '../../src/config/check-profiles.ts'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { ConfigError } from '../../src/lib/errors.ts'

function problemsOf(t: Test, yaml: string): string[] {
  const file = path.join(t.testdir(), 'config.yaml')
  writeFileSync(file, yaml)
  try {
    loadConfig({ file, env: {}, flags: {} }, pluginSchemas)
    return []
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    return thrown.problems.map((one) => `${one.line ?? '?'} ${one.key}: ${one.sentence}`)
  }
}

t.test('what is as it should be has no problems', async (t) => {
  t.same(checkProfiles({ profiles: [], group_overrides: [] }), [])
  const yaml = `
limits: {memory: none, cpu: 2}
group_overrides:
  - {groups: [staff], memory: 8G, cpu: none}
profiles:
  - {slug: small-1, display_name: Small, default: true}
  - slug: big
    display_name: Big
    groups: [staff]
    options:
      gpu: {display_name: GPU, choices: {'0': {display_name: None}, a100: {display_name: A100}}}
`
  t.same(problemsOf(t, yaml), [])
})

t.test('everything that is wrong is said at once, with its line', async (t) => {
  const yaml = `profiles:
  - {slug: a, display_name: A, default: true}
  - {slug: a, display_name: B, default: true}
  - {slug: A b, display_name: C, groups: ['x/y']}
  - slug: d
    display_name: D
    options:
      profile: {display_name: P, choices: {x: {display_name: X}}}
      opt-x: {display_name: P, choices: {x: {display_name: X}}}
      a.b: {display_name: P, choices: {}}
      gpu:
        display_name: G
        choices:
          a b: {display_name: X, default: true}
          c: {display_name: X, default: true}
group_overrides:
  - {groups: []}
  - {groups: [' ']}
`
  t.same(problemsOf(t, yaml), [
    '3 profiles[1].slug: is that of another profile already.',
    '4 profiles[2].slug: expected a–z and 0–9, with single hyphens between.',
    '4 profiles[2].groups[0]: A group name cannot contain a slash or backslash.',
    '8 profiles[3].options.profile: means something else in an address.',
    '9 profiles[3].options.opt-x: means something else in an address.',
    '10 profiles[3].options.a.b: expected at most 64 of a–z, A–Z, 0–9 and _ -, a letter first.',
    '10 profiles[3].options.a.b.choices: expected at least one choice.',
    '14 profiles[3].options.gpu.choices.a b: expected at most 64 of a–z, A–Z, 0–9 and . _ -, a letter or digit first.',
    '15 profiles[3].options.gpu.choices.c.default: another one is the default already.',
    '3 profiles[1].default: another one is the default already.',
    '17 group_overrides[0].groups: names no group.',
    '18 group_overrides[1].groups[0]: A group name cannot be empty.',
  ])
})

t.test('what is unknown, missing or no limit is said before that', async (t) => {
  const yaml = `limits: {memory: 4, cpu: many}
profiles:
  - {slug: a, display_name: A, memory: 4GB, mem: 4G, options: {gpu: {display_name: G}}}
  - {display_name: B}
`
  t.match(problemsOf(t, yaml), [
    /^1 limits\.memory: '4' is too little for a server; write a size such as 512M or 2G, or none/,
    /^1 limits\.cpu: 'many' is no number of cores/,
    /^3 profiles\[0\]\.mem: unknown setting/,
    /^3 profiles\[0\]\.memory: '4GB' is not a size/,
    /^3 profiles\[0\]\.options\.gpu\.choices: is missing/,
    /^4 profiles\[1\]\.slug: is missing/,
  ])
})
