/** Profiles as they are written, and as the rules know them. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import {
  limits,
  toGroupOverrides,
  toProfiles,
  toServerSettings,
} from '../../src/config/profiles.ts'
import { pluginSchemas } from '../../src/context.ts'

const yaml = `
limits: {memory: 1G, cpu: 0.5}
spawner: {cmd: [./run, a], args: [-v], environment: {A: '1'}, default_url: /lab}
group_overrides:
  - {groups: [staff], memory: none, tasks: 100}
profiles:
  - {slug: plain, display_name: Plain}
  - slug: gpu
    display_name: GPU
    description: For the course.
    default: true
    groups: [staff]
    memory: 4G
    cpu: 2
    default_url: /tree
    environment: {B: '2'}
    cmd: [./other]
    args: []
    options:
      card: {display_name: Card, choices: {none: {display_name: None}, one: {display_name: One, default: true, cpu: none}}}
`

t.test('every key of a profile arrives, and what is left out changes nothing', async (t) => {
  const dir = t.testdir()
  const file = path.join(dir, 'config.yaml')
  writeFileSync(file, yaml)
  const config = loadConfig({ file, env: {}, flags: {} }, pluginSchemas)
  t.same(toServerSettings(config), {
    memoryBytes: 1024 ** 3,
    cpuCores: 0.5,
    tasks: 0,
    cmd: [path.join(dir, 'run'), 'a'],
    args: ['-v'],
    environment: { A: '1' },
    defaultUrl: '/lab',
  })
  t.same(toGroupOverrides(config.group_overrides), [
    { groups: ['staff'], changes: { memoryBytes: 0, tasks: 100 } },
  ])
  const none = { description: '', isDefault: false, groups: [], changes: {}, options: [] }
  t.same(toProfiles(config.profiles), [
    { ...none, slug: 'plain', displayName: 'Plain' },
    {
      slug: 'gpu',
      displayName: 'GPU',
      description: 'For the course.',
      isDefault: true,
      groups: ['staff'],
      changes: {
        memoryBytes: 4 * 1024 ** 3,
        cpuCores: 2,
        defaultUrl: '/tree',
        environment: { B: '2' },
        cmd: [path.join(dir, 'other')],
        args: [],
      },
      options: [
        {
          name: 'card',
          displayName: 'Card',
          choices: [
            { name: 'none', displayName: 'None', isDefault: false, changes: {} },
            { name: 'one', displayName: 'One', isDefault: true, changes: { cpuCores: 0 } },
          ],
        },
      ],
    },
  ])
})

t.test(
  'the keys of limits are those that TLJH has, and nothing is limited by itself',
  async (t) => {
    t.match(Object.keys(limits.properties), ['memory', 'cpu'])
    t.match(loadConfig({ env: {}, flags: {} }, pluginSchemas), {
      limits: { memory: 0, cpu: 0, tasks: 0 },
      profiles: [],
      group_overrides: [],
    })
  },
)
