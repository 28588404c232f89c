/** A group: users under one name, and the rules of that name. */
import { invalidInput } from '../lib/errors.ts'

export type GroupProperties = Readonly<Record<string, unknown>>

export type Group = {
  readonly id: number
  readonly name: string
  /** Whatever administrators, services and spawners keep there. */
  readonly properties: GroupProperties
}

/** Longest name, in code points. */
export const maxGroupNameLength = 255

/** Control, format (invisible), surrogate, private and unassigned characters, and every space but the plain one. */
const unusable = /[\p{C}\p{Zl}\p{Zp}]|[^\S ]/u

/** What is wrong with the name of a new group; undefined when nothing is. Unlike users' names it is taken as it is. */
export function groupNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'A group name cannot be empty.'
  if (name !== name.trim()) return 'A group name cannot begin or end with a space.'
  if (name.length > 2 * maxGroupNameLength || Array.from(name).length > maxGroupNameLength)
    return `A group name has at most ${maxGroupNameLength} characters.`
  if (/[/\\]/.test(name)) return 'A group name cannot contain a slash or backslash.'
  if (unusable.test(name)) return 'A group name cannot contain control or invisible characters.'
  if (name === '.' || name === '..') return 'A group name cannot be only dots.'
  return undefined
}

/** @throws {HubError} InvalidInput */
export function checkGroupName(name: string): void {
  const problem = groupNameProblem(name)
  if (problem !== undefined) throw invalidInput(problem)
}
