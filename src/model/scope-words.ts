/** Scopes in words: what somebody reads who is asked to allow one. */
import { type ScopeName } from './scope-table.ts'

/** Whom a scope is about, as it is written after its `!`. */
export type About = {
  readonly kind: 'user' | 'group' | 'server' | 'service'
  readonly value: string
}

type Words = readonly [verb: string, noun: string]

/** Of the scopes that people are asked about most; the others are described by what the table says of them. */
const words: Readonly<Partial<Record<ScopeName, Words>>> = {
  'read:users': ['See', 'name, groups and last activity'],
  'read:users:name': ['See', 'name'],
  'read:users:groups': ['See', 'groups'],
  'read:users:activity': ['See', 'last activity'],
  'users:activity': ['Report', 'activity'],
  'access:servers': ['Open', 'servers'],
  servers: ['See, start and stop', 'servers'],
  'read:servers': ['See', 'servers'],
  'start:servers': ['Start, add and edit', 'servers'],
  'delete:servers': ['Stop and remove', 'servers'],
  tokens: ['See, make and revoke', 'API tokens'],
  'read:tokens': ['See', 'API tokens'],
  'access:services': ['Open', 'services'],
}

/**
 * @param meaning what the scope allows without a filter
 * @param reader the user who is `you`
 */
export function sentenceAbout(
  scope: { readonly name: string; readonly meaning: string },
  about: About,
  reader: string | undefined,
): string {
  const known = Object.hasOwn(words, scope.name) ? words[scope.name as ScopeName] : undefined
  const object = known && objectOf(known[1], about, reader)
  return object === undefined
    ? `${scope.meaning} (only ${subjectOf(about, reader)})`
    : `${known?.[0] ?? ''} ${object}`
}

/** Undefined where the noun has nothing to do with such a thing. */
function objectOf(noun: string, about: About, reader: string | undefined): string | undefined {
  switch (about.kind) {
    case 'server':
      return noun === 'servers' ? subjectOf(about, reader) : undefined
    case 'service':
      return noun === 'services' ? subjectOf(about, reader) : undefined
    case 'user':
      return about.value === reader ? `your ${noun}` : `the ${noun} of ${about.value}`
    case 'group':
      return `the ${noun} of everybody in ${about.value}`
  }
}

function subjectOf({ kind, value }: About, reader: string | undefined): string {
  if (kind !== 'server') return kind === 'user' && value === reader ? 'you' : `the ${kind} ${value}`
  const slash = value.indexOf('/')
  const [owner, name] = [value.slice(0, slash), value.slice(slash + 1)]
  const server = name === '' ? 'server' : `server ${name}`
  return owner === reader ? `your ${server}` : `the ${server} of ${owner}`
}
