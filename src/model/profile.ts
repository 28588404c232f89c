/** Profiles: what people choose between when they start a server, and what each choice changes of it. */
import { type Limits } from './limits.ts'

/** What a server is started with. A limit of 0 is none. */
export type ServerSettings = Required<Limits> & {
  readonly cmd: readonly string[]
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** `''`: the server decides. */
  readonly defaultUrl: string
}

/** What is absent stays as it is; variables of the environment are added. */
export type Changes = Partial<ServerSettings>

export type Choice = {
  readonly name: string
  readonly displayName: string
  readonly isDefault: boolean
  readonly changes: Changes
}

/** Something of a profile that is chosen besides it. */
export type ProfileOption = {
  readonly name: string
  readonly displayName: string
  readonly choices: readonly Choice[]
}

export type Profile = {
  readonly slug: string
  readonly displayName: string
  readonly description: string
  readonly isDefault: boolean
  /** Whose members may choose it; none: everybody. */
  readonly groups: readonly string[]
  readonly changes: Changes
  readonly options: readonly ProfileOption[]
}

/** What changes for the members of some groups. */
export type GroupOverride = { readonly groups: readonly string[]; readonly changes: Changes }

/** What somebody asked for at a start: `{ "profile": "small", "gpu": "none" }`, and whatever else programs keep there. */
export type SpawnChoices = Readonly<Record<string, unknown>>

/** `field`: the option it is about, `profile`, or `form` for all of it. */
export type ChoiceProblem = { readonly field: string; readonly message: string }

export type Chosen = {
  readonly profile: Profile
  readonly choices: readonly { readonly option: ProfileOption; readonly choice: Choice }[]
}

/** The settings with the changes made, one after the other: the last one counts. */
export function applyChanges(
  settings: ServerSettings,
  changes: readonly Changes[],
): ServerSettings {
  return changes.reduce<ServerSettings>(
    (before, change) => ({
      ...before,
      ...change,
      environment: { ...before.environment, ...change.environment },
    }),
    settings,
  )
}

/** Without those that are none. */
export function limitsOf({ memoryBytes, cpuCores, tasks }: ServerSettings): Limits {
  return {
    ...(memoryBytes > 0 && { memoryBytes }),
    ...(cpuCores > 0 && { cpuCores }),
    ...(tasks > 0 && { tasks }),
  }
}

/** Whether something for `groups` is for a member of `memberships`. */
export const isFor = (groups: readonly string[], memberships: readonly string[]): boolean =>
  groups.some((group) => memberships.includes(group))

/** Those that a member of `memberships` may choose. */
export const profilesFor = (
  profiles: readonly Profile[],
  memberships: readonly string[],
): Profile[] => profiles.filter(({ groups }) => groups.length === 0 || isFor(groups, memberships))

/** The marked one, else the first. */
export const defaultOf = <Item extends { readonly isDefault: boolean }>(
  items: readonly Item[],
): Item | undefined => items.find(({ isDefault }) => isDefault) ?? items[0]

/**
 * What was chosen of `profiles`: where nothing is said, the default. Keys that are neither `profile` nor an option of that
 * profile are somebody else's.
 */
export function choose(profiles: readonly Profile[], asked: SpawnChoices): Chosen | ChoiceProblem {
  const profile = profileIn(profiles, asked)
  if (profile === undefined) return unknownProfile(profiles, asked['profile'])
  const choices: Chosen['choices'][number][] = []
  for (const option of profile.options) {
    const choice = choiceIn(option, asked)
    if (choice === undefined) return unknownChoice(option, asked[option.name])
    choices.push({ option, choice })
  }
  return { profile, choices }
}

export const isProblem = (outcome: Chosen | ChoiceProblem): outcome is ChoiceProblem =>
  'message' in outcome

/** The profile that is asked for, or the default one when none is. */
export function profileIn(
  profiles: readonly Profile[],
  { profile: slug }: SpawnChoices,
): Profile | undefined {
  if (slug === undefined) return defaultOf(profiles)
  return profiles.find((profile) => profile.slug === slug)
}

function choiceIn(option: ProfileOption, asked: SpawnChoices): Choice | undefined {
  if (!Object.hasOwn(asked, option.name)) return defaultOf(option.choices)
  return option.choices.find(({ name }) => name === asked[option.name])
}

/** What is not for somebody is as unknown to them as what is not there. */
function unknownProfile(profiles: readonly Profile[], slug: unknown): ChoiceProblem {
  const slugs = profiles.map((profile) => profile.slug).join(', ')
  return { field: 'profile', message: `There is no profile ${shown(slug)}; there are: ${slugs}.` }
}

function unknownChoice({ name, choices }: ProfileOption, asked: unknown): ChoiceProblem {
  const names = choices.map((choice) => choice.name).join(', ')
  return { field: name, message: `${name} cannot be ${shown(asked)}; it can be: ${names}.` }
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `'${value.slice(0, 60)}'` : 'that, which is no text'
