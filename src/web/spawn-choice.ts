/** What somebody chose for a start: read from an address or a form, checked, and shown again as a form. */
import { type SpawnOptions } from '../core/spawn-options.ts'
import { HubError } from '../lib/errors.ts'
import {
  defaultOf,
  type ChoiceProblem,
  type Profile,
  type ProfileOption,
  type ServerSettings,
  type SpawnChoices,
} from '../model/profile.ts'
import { type Server } from '../model/server.ts'
import { type ProfileCard } from './views.ts'
import { sizeInWords } from './words.ts'

/** The profiles of whoever's server it is. */
export type ChoiceNeeds = {
  readonly spawnOptions: Pick<
    SpawnOptions,
    'profilesFor' | 'profileOf' | 'problemOf' | 'settingsFor'
  >
  readonly config: { readonly profiles: readonly unknown[] }
}

const ownerOf = ({ userName }: Server): { name: string } => ({ name: userName })

/** What an address or a form says besides the options. */
const others = ['next', 'display_name', '_xsrf']

const hasProfiles = ({ config }: ChoiceNeeds): boolean => config.profiles.length > 0

/**
 * Options by URL (contract §5.6): with any key that begins with `opt-` only those count. Undefined: there are none.
 * @throws {HubError} Unprocessable
 */
export function optionsInQuery(
  needs: ChoiceNeeds,
  query: URLSearchParams,
): SpawnChoices | undefined {
  const asked = Object.entries(Object.groupBy(query, ([key]) => key))
  const marked = asked.filter(([key]) => key.startsWith('opt-'))
  const counted = marked.length > 0 ? marked : asked.filter(([key]) => !others.includes(key))
  if (counted.length === 0) return undefined
  return Object.fromEntries(
    counted.map(([key, entries = []]) => [
      optionOf(key),
      valueOf(
        needs,
        entries.map(([, value]) => value),
      ),
    ]),
  )
}

function optionOf(key: string): string {
  if (key === 'opt-') throw new HubError('Unprocessable', 'An option in this address has no name.')
  return key.replace(/^opt-/, '')
}

/** JupyterHub keeps lists of texts; the choices of a profile are one each. */
const valueOf = (needs: ChoiceNeeds, values: string[]): unknown =>
  hasProfiles(needs) && values.length === 1 ? values[0] : values

/** The form's own fields, `small.gpu` for the option gpu of the profile small. Undefined: nothing was chosen in it. */
export function optionsInForm(
  needs: ChoiceNeeds,
  server: Server,
  form: URLSearchParams,
): SpawnChoices | undefined {
  if (!hasProfiles(needs)) return optionsInQuery(needs, form)
  const slug = form.get('profile')
  if (slug === null) return undefined
  const profile = needs.spawnOptions.profileOf(ownerOf(server), { profile: slug })
  const chosen = (profile?.options ?? []).flatMap(({ name }) => {
    const value = form.get(fieldOf(slug, name)) ?? form.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { profile: slug, ...Object.fromEntries(chosen) }
}

const fieldOf = (slug: string, option: string): string => `${slug}.${option}`

/** A person who asks for something that is not there is told so; what programs keep besides is none of theirs. */
export function problemOf(
  needs: ChoiceNeeds,
  server: Server,
  asked: SpawnChoices | undefined,
): ChoiceProblem | undefined {
  if (asked === undefined) return undefined
  const { spawnOptions } = needs
  const problem = spawnOptions.problemOf(ownerOf(server), asked)
  const profile = spawnOptions.profileOf(ownerOf(server), asked)
  if (problem || !profile) return problem
  const known = ['profile', ...profile.options.map(({ name }) => name)]
  const unknown = Object.keys(asked).find((key) => !known.includes(key))
  return unknown === undefined
    ? undefined
    : { field: 'form', message: `${profile.displayName} has no option ${unknown.slice(0, 60)}.` }
}

/** There is more than one way to start it. */
export function isChoice({ spawnOptions }: ChoiceNeeds, server: Server): boolean {
  const profiles = spawnOptions.profilesFor(ownerOf(server))
  return profiles.length > 1 || profiles.some(({ options }) => options.length > 0)
}

/** What it was started with the last time, as far as it was chosen and still can be. */
export function rememberedOf(
  { spawnOptions }: ChoiceNeeds,
  { userName, options }: Server,
): Readonly<Record<string, string>> | undefined {
  const owner = { name: userName }
  const profile = spawnOptions.profileOf(owner, options)
  if (options['profile'] === undefined || !profile) return undefined
  if (spawnOptions.problemOf(owner, options)) return undefined
  const chosen = profile.options.flatMap(({ name }) => {
    const value = options[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return { profile: profile.slug, ...Object.fromEntries(chosen) }
}

/** The name of the profile that it runs with, or ran with the last time. */
export function profileNameOf(
  { spawnOptions }: ChoiceNeeds,
  { userName, options, state }: Server,
): string | undefined {
  const isChosen = options['profile'] !== undefined || state === 'ready' || state === 'starting'
  return isChosen ? spawnOptions.profileOf({ name: userName }, options)?.displayName : undefined
}

/** The profiles as cards, with what is `asked` chosen; else what it was started with the last time. */
export function profileCards(
  needs: ChoiceNeeds,
  server: Server,
  { asked, problem }: { asked: SpawnChoices | undefined; problem: ChoiceProblem | undefined },
): ProfileCard[] {
  const { spawnOptions } = needs
  const owner = ownerOf(server)
  const profiles = spawnOptions.profilesFor(owner)
  const wanted = asked ?? rememberedOf(needs, server) ?? {}
  const selected = spawnOptions.profileOf(owner, wanted) ?? defaultOf(profiles)
  return profiles.map((profile) => {
    const isSelected = profile === selected || profile.slug === selected?.slug
    return {
      slug: profile.slug,
      name: profile.displayName,
      description: profile.description,
      facts: factsOf(spawnOptions.settingsFor(owner, { profile: profile.slug })),
      selected: isSelected,
      options: profile.options.map((option) => ({
        field: fieldOf(profile.slug, option.name),
        label: option.displayName,
        choices: choicesOf(option, isSelected ? wanted[option.name] : undefined),
        problem: isSelected && problem?.field === option.name ? problem.message : undefined,
      })),
    }
  })
}

function choicesOf(
  { choices }: ProfileOption,
  wanted: unknown,
): ProfileCard['options'][number]['choices'] {
  const selected = choices.find(({ name }) => name === wanted) ?? defaultOf(choices)
  return choices.map((choice) => ({
    value: choice.name,
    label: choice.displayName,
    selected: choice === selected,
  }))
}

/** `2 GB of memory, 1 core` */
function factsOf({ memoryBytes, cpuCores }: ServerSettings): string {
  const memory = memoryBytes === 0 ? [] : [`${inWords(memoryBytes)} of memory`]
  const cores = cpuCores === 0 ? [] : [`${cpuCores} ${cpuCores === 1 ? 'core' : 'cores'}`]
  return [...memory, ...cores].join(', ')
}

const inWords = (bytes: number): string => sizeInWords(bytes).replace('.0 ', ' ')

/** Where a problem of no option is told. */
export const isOfForm = ({ field }: ChoiceProblem, profiles: readonly Profile[]): boolean =>
  !profiles.some(({ options }) => options.some(({ name }) => name === field))
