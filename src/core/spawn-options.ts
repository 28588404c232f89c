/** Spawn options: which profiles somebody may choose, whether what they chose is one, and what a start comes to by it. */
import { invalidInput } from '../lib/errors.ts'
import {
  applyChanges,
  choose,
  isFor,
  isProblem,
  profileIn,
  profilesFor,
  type ChoiceProblem,
  type Chosen,
  type GroupOverride,
  type Profile,
  type ServerSettings,
  type SpawnChoices,
} from '../model/profile.ts'
import { type Store } from '../store/store.ts'

/** Whose server it is: what somebody may choose depends on the owner, whoever starts it. */
type Owner = { readonly name: string }

export interface SpawnOptions {
  /** Those the owner may choose, in their order. */
  profilesFor(owner: Owner): readonly Profile[]
  /** Undefined: there is none, or the options name one that is not there for this owner. */
  profileOf(owner: Owner, options: SpawnChoices): Profile | undefined
  /** What is wrong with these options; undefined: nothing. */
  problemOf(owner: Owner, options: SpawnChoices): ChoiceProblem | undefined
  /** @throws {HubError} InvalidInput with what is wrong. */
  require(owner: Owner, options: SpawnChoices): void
  /** Configuration < groups, in their order < profile < its choices. @throws {HubError} InvalidInput */
  settingsFor(owner: Owner, options: SpawnChoices): ServerSettings
}

export type SpawnOptionsNeeds = {
  readonly store: Pick<Store, 'groups'>
  /** What everything else changes. */
  readonly settings: ServerSettings
  readonly groupOverrides: readonly GroupOverride[]
  readonly profiles: readonly Profile[]
}

export function createSpawnOptions(needs: SpawnOptionsNeeds): SpawnOptions {
  // The settings change while the hub runs: they are read where they are used.
  const groupsOf = ({ name }: Owner): string[] => needs.store.groups.listNamesOfUser(name)
  const available = (owner: Owner): Profile[] =>
    needs.profiles.length === 0 ? [] : profilesFor(needs.profiles, groupsOf(owner))

  /** Undefined: this hub has no profiles, so options mean nothing to it. */
  const chosenBy = (owner: Owner, options: SpawnChoices): Chosen | ChoiceProblem | undefined => {
    if (needs.profiles.length === 0) return undefined
    const own = available(owner)
    return own.length === 0 ? { field: 'form', message: nothingFor(owner) } : choose(own, options)
  }

  const chosenOrThrow = (owner: Owner, options: SpawnChoices): Chosen | undefined => {
    const outcome = chosenBy(owner, options)
    if (outcome && isProblem(outcome)) throw invalidInput(outcome.message)
    return outcome
  }

  return {
    profilesFor: available,
    profileOf: (owner, options) => profileIn(available(owner), options),
    problemOf(owner, options) {
      const outcome = chosenBy(owner, options)
      return outcome && isProblem(outcome) ? outcome : undefined
    },
    require(owner, options) {
      chosenOrThrow(owner, options)
    },
    settingsFor(owner, options) {
      const chosen = chosenOrThrow(owner, options)
      const { groupOverrides, settings } = needs
      const memberships = groupOverrides.length === 0 ? [] : groupsOf(owner)
      return applyChanges(settings, [
        ...groupOverrides
          .filter(({ groups }) => isFor(groups, memberships))
          .map(({ changes }) => changes),
        ...(chosen ? [chosen.profile.changes] : []),
        ...(chosen?.choices ?? []).map(({ choice }) => choice.changes),
      ])
    },
  }
}

const nothingFor = ({ name }: Owner): string =>
  `None of the profiles of this hub is for ${name}. An administrator can add ${name} to a group that has one.`
