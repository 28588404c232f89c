/** What is wrong with the profiles and with what changes for groups. */
import { groupNameProblem } from '../model/group.ts'
import { type Fault, type Path } from './decode.ts'
import { type ProfileDeclarations } from './profiles.ts'
import { type Config } from './schema.ts'

const fault = (at: Path, sentence: string): Fault => ({ at, sentence, isMissing: false })

/** Single hyphens, so that the words can be put together and taken apart again. */
const slugPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const slugRule = 'expected a–z and 0–9, with single hyphens between.'

const wordPattern = /^[A-Za-z0-9][\w.-]{0,63}$/
const wordRule = 'expected at most 64 of a–z, A–Z, 0–9 and . _ -, a letter or digit first.'
const optionPattern = /^[A-Za-z][\w-]{0,63}$/
const optionRule = 'expected at most 64 of a–z, A–Z, 0–9 and _ -, a letter first.'

/** What a form or an address says besides the options. */
const reserved = ['profile', 'next', 'display_name']

export function checkProfiles(config: Pick<Config, 'profiles' | 'group_overrides'>): Fault[] {
  const { profiles, group_overrides } = config
  return [
    ...profiles.flatMap((profile, index) => profileFaults(profiles, index, profile)),
    ...secondDefaults(
      profiles.map((profile, index) => [index, profile] as const),
      ['profiles'],
    ),
    ...group_overrides.flatMap(({ groups }, index) => {
      const at = ['group_overrides', index, 'groups']
      return groups.length === 0 ? [fault(at, 'names no group.')] : groupFaults(groups, at)
    }),
  ]
}

function profileFaults(
  profiles: ProfileDeclarations,
  index: number,
  { slug, groups, options }: ProfileDeclarations[number],
): Fault[] {
  const at = ['profiles', index]
  const isRepeated = profiles.findIndex((other) => other.slug === slug) !== index
  return [
    ...(slugPattern.test(slug) ? [] : [fault([...at, 'slug'], slugRule)]),
    ...(isRepeated ? [fault([...at, 'slug'], 'is that of another profile already.')] : []),
    ...groupFaults(groups, [...at, 'groups']),
    ...Object.entries(options).flatMap(([name, option]) =>
      optionFaults(name, option, [...at, 'options', name]),
    ),
  ]
}

function optionFaults(
  name: string,
  { choices }: ProfileDeclarations[number]['options'][string],
  at: Path,
): Fault[] {
  const all = Object.entries(choices)
  const words = all.filter(([word]) => !wordPattern.test(word))
  return [
    ...(optionPattern.test(name) ? [] : [fault(at, optionRule)]),
    ...(isReserved(name) ? [fault(at, 'means something else in an address.')] : []),
    ...(all.length === 0 ? [fault([...at, 'choices'], 'expected at least one choice.')] : []),
    ...words.map(([word]) => fault([...at, 'choices', word], wordRule)),
    ...secondDefaults(all, [...at, 'choices']),
  ]
}

const isReserved = (name: string): boolean => reserved.includes(name) || name.startsWith('opt-')

/** All that are marked as the default after the first one. */
function secondDefaults(
  entries: readonly (readonly [string | number, { readonly default: boolean }])[],
  at: Path,
): Fault[] {
  const [, ...others] = entries.filter(([, entry]) => entry.default)
  return others.map(([key]) =>
    fault([...at, key, 'default'], 'another one is the default already.'),
  )
}

function groupFaults(groups: readonly string[], at: Path): Fault[] {
  return groups.flatMap((name, index) => {
    const problem = groupNameProblem(name)
    return problem === undefined ? [] : [fault([...at, index], problem)]
  })
}
