/** Groups: make, fill, describe, remove. Whose groups change has other rights at once. */
import { conflict, invalidInput } from '../lib/errors.ts'
import { checkGroupName, type Group, type GroupProperties } from '../model/group.ts'
import { normaliseName, type User } from '../model/user.ts'
import { type Store } from '../store/store.ts'
import { type Access } from './access.ts'

export interface GroupVerbs {
  /**
   * All of them, with the same members, or none.
   * @throws {HubError} Conflict: one exists; InvalidInput: impossible name, `No such user: x`.
   */
  createMany(names: readonly string[], userNames?: readonly string[]): Group[]
  /** The users stay. */
  remove(group: Group): void
  /** Those in it already are passed over. @throws {HubError} InvalidInput: `No such user: x`, and nobody is added. */
  addUsers(group: Group, userNames: readonly string[]): void
  /** Those not in it are passed over. @throws {HubError} InvalidInput: `No such user: x`, and nobody is removed. */
  removeUsers(group: Group, userNames: readonly string[]): void
  /** Replaces all of them. @throws {HubError} InvalidInput unless it is an object. @returns the group as it is then. */
  setProperties(group: Group, properties: unknown): Group
  /** Makes these the groups of the user, no more and no fewer; missing ones are made (JupyterHub: `sync_groups`). */
  syncUser(user: User, names: readonly string[]): void
}

export type GroupNeeds = {
  readonly store: Store
  readonly access: Pick<Access, 'forget' | 'forgetAll'>
}

export function createGroups(needs: GroupNeeds): GroupVerbs {
  const { store, access } = needs

  const usersNamed = (names: readonly string[]): User[] => names.map(userNamed)

  const userNamed = (rawName: string): User => {
    const user = store.users.findByName(normaliseName(rawName))
    if (!user) throw invalidInput(`No such user: ${rawName.slice(0, 80)}`)
    return user
  }

  const create = (name: string, members: readonly User[]): Group => {
    checkGroupName(name)
    if (store.groups.findByName(name)) throw conflict(`Group ${name} already exists`)
    const group = store.groups.create(name, {})
    for (const { id } of members) store.groups.addMember(group.id, id)
    return group
  }

  /** As below, after the change, so that nobody reads what was before. */
  const joined = (userIds: readonly number[]): void => {
    for (const id of userIds) access.forget(id)
  }

  /** All are forgotten: a token of whoever has rights by the group may name only the one who left. */
  const left = (userIds: readonly number[]): void => {
    if (userIds.length > 0) access.forgetAll()
  }

  return {
    createMany(names, userNames = []) {
      const members = usersNamed(userNames)
      const groups = store.transaction(() => names.map((name) => create(name, members)))
      joined(members.map(({ id }) => id))
      return groups
    },
    remove(group) {
      const members = store.groups.listMemberIds(group.id)
      store.groups.remove(group.id)
      left(members)
    },
    addUsers(group, userNames) {
      const members = usersNamed(userNames)
      store.transaction(() => {
        for (const { id } of members) store.groups.addMember(group.id, id)
      })
      joined(members.map(({ id }) => id))
    },
    removeUsers(group, userNames) {
      const members = usersNamed(userNames)
      store.transaction(() => {
        for (const { id } of members) store.groups.removeMember(group.id, id)
      })
      left(members.map(({ id }) => id))
    },
    setProperties(group, properties) {
      if (!isObject(properties)) throw invalidInput('properties must be a JSON object')
      store.groups.setProperties(group.id, properties)
      return { ...group, properties }
    },
    syncUser(user, names) {
      for (const name of names) checkGroupName(name)
      const isOut = store.transaction(() => {
        const others = store.groups.listOfUser(user.id).filter(({ name }) => !names.includes(name))
        for (const group of others) store.groups.removeMember(group.id, user.id)
        for (const name of names) {
          const group = store.groups.findByName(name) ?? store.groups.create(name, {})
          store.groups.addMember(group.id, user.id)
        }
        return others.length > 0
      })
      if (isOut) left([user.id])
      else joined([user.id])
    },
  }
}

const isObject = (value: unknown): value is GroupProperties =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
