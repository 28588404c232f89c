/** What servers are started with: limits, what changes for groups, and the profiles that people choose between. */
import { Type, type Static } from 'typebox'
import {
  type Changes,
  type GroupOverride,
  type Profile,
  type ServerSettings,
} from '../model/profile.ts'
import { cpuLimit, flag, list, memoryLimit, section, text } from './setting.ts'

const mostTasks = 1_000_000
const unlimited = { default: 'none' }

export const limits = section(
  {
    memory: memoryLimit('Memory of a server, such as 2G.', unlimited),
    cpu: cpuLimit('Cores of a server at full speed, such as 0.5 or 2.', unlimited),
    tasks: Type.Integer({
      minimum: 0,
      maximum: mostTasks,
      default: 0,
      description: 'Processes and threads of a server together; 0: no limit.',
    }),
  },
  'What every server may use of the machine, where its group, its profile or what was chosen of it does not say otherwise. Servers find the limits in MEM_LIMIT and CPU_LIMIT; whether more is impossible depends on the spawner.',
)

/** What groups, profiles and choices may change. Left out: it stays as it is. */
const changes = {
  memory: Type.Optional(memoryLimit('Memory, in the place of `limits.memory`; none: no limit.')),
  cpu: Type.Optional(cpuLimit('Cores, in the place of `limits.cpu`; none: no limit.')),
  tasks: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: mostTasks,
      description: 'Processes and threads, in the place of `limits.tasks`; 0: no limit.',
    }),
  ),
  default_url: Type.Optional(
    Type.String({ description: 'In the place of `spawner.default_url`.' }),
  ),
  environment: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: 'Variables, besides those of `spawner.environment`.',
    }),
  ),
  cmd: Type.Optional(
    Type.Array(Type.String({ format: 'command' }), {
      minItems: 1,
      description: 'In the place of `spawner.cmd`.',
    }),
  ),
  args: Type.Optional(
    Type.Array(Type.String(), { description: 'In the place of `spawner.args`.' }),
  ),
}

export const groupOverrides = Type.Array(
  section(
    { groups: list('Whose members it is for.'), ...changes },
    'What changes for the members of some groups.',
  ),
  {
    default: [],
    description:
      'What changes for the members of groups, in this order: for a member of several the last one counts. Profiles come after it.',
  },
)

const choice = section(
  {
    display_name: Type.String({ minLength: 1, description: 'What people read.' }),
    default: flag(false, 'It is chosen where nobody chooses; none marked: the first.'),
    ...changes,
  },
  'One choice. It changes what its profile says.',
)

const option = section(
  {
    display_name: Type.String({ minLength: 1, description: 'What people read above the choices.' }),
    choices: Type.Record(Type.String(), choice, {
      description: 'The choices, by the word that stands for each in an address and in the API.',
    }),
  },
  'Something that is chosen besides the profile.',
)

const profile = section(
  {
    slug: Type.String({
      minLength: 1,
      description: 'The word for it in an address and in the API: a–z, 0–9 and single hyphens.',
    }),
    display_name: Type.String({ minLength: 1, description: 'What people read.' }),
    description: text('', 'What it is for, in a sentence.'),
    default: flag(false, 'It is chosen where nobody chooses; none marked: the first.'),
    groups: list('Whose members may choose it; empty: everybody.'),
    ...changes,
    options: Type.Record(Type.String(), option, {
      default: {},
      description: 'What is chosen besides, by the name it has in an address and in the API.',
    }),
  },
  'One profile.',
)

export const profiles = Type.Array(profile, {
  default: [],
  description:
    'What people choose between when they start a server; empty: nothing is asked. Who may choose none of them starts nothing.',
})

export type ProfileDeclarations = Static<typeof profiles>
type ChangesDeclared = Omit<Static<typeof choice>, 'display_name' | 'default'>

function toChanges(declared: ChangesDeclared): Changes {
  const { memory, cpu, tasks, default_url, environment, cmd, args } = declared
  return {
    ...(memory !== undefined && { memoryBytes: memory }),
    ...(cpu !== undefined && { cpuCores: cpu }),
    ...(tasks !== undefined && { tasks }),
    ...(default_url !== undefined && { defaultUrl: default_url }),
    ...(environment !== undefined && { environment }),
    ...(cmd !== undefined && { cmd }),
    ...(args !== undefined && { args }),
  }
}

export const toGroupOverrides = (declared: Static<typeof groupOverrides>): GroupOverride[] =>
  declared.map((one) => ({ groups: one.groups, changes: toChanges(one) }))

export const toProfiles = (declared: ProfileDeclarations): Profile[] =>
  declared.map((one) => ({
    slug: one.slug,
    displayName: one.display_name,
    description: one.description,
    isDefault: one.default,
    groups: one.groups,
    changes: toChanges(one),
    options: Object.entries(one.options).map(([name, { display_name, choices }]) => ({
      name,
      displayName: display_name,
      choices: Object.entries(choices).map(([word, each]) => ({
        name: word,
        displayName: each.display_name,
        isDefault: each.default,
        changes: toChanges(each),
      })),
    })),
  }))

/** What a server is started with before anything changes it. */
export function toServerSettings(config: {
  readonly limits: Static<typeof limits>
  readonly spawner: Pick<ServerSettings, 'cmd' | 'args' | 'environment'> & {
    readonly default_url: string
  }
}): ServerSettings {
  const { memory, cpu, tasks } = config.limits
  const { cmd, args, environment, default_url: defaultUrl } = config.spawner
  return { memoryBytes: memory, cpuCores: cpu, tasks, cmd, args, environment, defaultUrl }
}
