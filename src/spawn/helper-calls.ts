/** What a hub that is not root may ask its helper for, and what of it is believed: the hub may have been broken into. */
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { forbidden } from '../lib/errors.ts'
import { type SpawnState } from '../model/server.ts'
import { slugOf } from '../model/user.ts'
import { type Spawner, type SpawnUser } from './spawner.ts'
import { readRun } from './unit-run.ts'

/** What root has decided, and the hub cannot. */
export type HelperPolicy = {
  readonly unitPrefix: string
  /** Whether a file that only root writes says so. */
  isAdmin(name: string): boolean
}

export type CallHow = {
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal
  readonly progress: (message: string) => void
}

export interface HelperCalls {
  /**
   * @param given what came over the socket, whatever it is
   * @throws {HubError} Forbidden for what no hub asks for, or what the spawner throws.
   */
  perform(call: string, given: unknown, how: CallHow): Promise<unknown>
}

/** Whatever becomes a word of a command or a line of a file ends where it seems to. */
const text = Type.String({ pattern: '^[^\\u0000]*$' })
const userSlug = '[a-z][a-z0-9-]{0,30}'
const serverSlug = Type.String({ pattern: `^${userSlug}(?:\\.[a-z][a-z0-9-]{0,29})?$` })

const user = Type.Object({
  id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  name: text,
  slug: Type.String({ pattern: `^${userSlug}$` }),
  admin: Type.Boolean(),
})

const limits = Type.Object({
  memoryBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  cpuCores: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1e6 })),
  tasks: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
})

const state = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))

const command = Type.Array(text, { minItems: 1 })
const environment = Type.Record(Type.String(), text)

/** Each once is all there are. */
const ports = Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { maxItems: 65_535 })

const givenTo = {
  start: Type.Object({
    slug: serverSlug,
    user,
    serverName: text,
    command,
    limits,
    environment,
    prefix: text,
    routedPorts: Type.Optional(ports),
  }),
  poll: Type.Object({ state }),
  exited: Type.Object({ state }),
  stop: Type.Object({ state, now: Type.Boolean() }),
  usage: Type.Object({ state }),
  prepare: Type.Object({ command, environment }),
  answered: Type.Object({ state, tookMs: Type.Number({ minimum: 0 }) }),
  warmth: Type.Object({}),
  setLimits: Type.Object({ state, limits }),
  logTail: Type.Object({ slug: serverSlug, lines: Type.Integer({ minimum: 0, maximum: 10_000 }) }),
  forget: Type.Object({ slug: serverSlug }),
  accountChanged: Type.Object({ user, disabled: Type.Boolean() }),
  archiveHome: Type.Object({
    user,
    name: Type.String({ pattern: `^${userSlug}-[0-9]{8}T[0-9]{6}\\.tar\\.gz$` }),
  }),
}

type Call = keyof typeof givenTo
type Given<Name extends Call> = Static<(typeof givenTo)[Name]>
type Verbs = { [Name in Call]: (given: Given<Name>, how: CallHow) => unknown }

/** @param spawner of root, who has every right that these calls must not give away */
export function createHelperCalls(spawner: Spawner, policy: HelperPolicy): HelperCalls {
  const verbs = verbsOf(spawner, policy)
  return {
    async perform(call, given, how) {
      if (!isCall(call)) throw refusal('this call')
      if (!Value.Check(givenTo[call], given)) throw refusal(`what "${call}" is given`)
      const verb = verbs[call] as (given: unknown, how: CallHow) => unknown
      return await verb(given, how)
    },
  }
}

const isCall = (call: string): call is Call => Object.hasOwn(givenTo, call)

const refusal = (what: string) => forbidden(`The helper of the hub refuses ${what}.`)

function verbsOf(spawner: Spawner, policy: HelperPolicy): Verbs {
  const ours = (state: SpawnState): SpawnState => ownRun(state, policy)
  const known = (user: SpawnUser): SpawnUser => believed(user, policy)
  return {
    start(request, { signal, progress }) {
      const { slug, serverName, command, environment, prefix, limits, routedPorts = [] } = request
      const owner = known(request.user)
      if (slug !== owner.slug && !slug.startsWith(`${owner.slug}.`))
        throw refusal('a server under the name of somebody else')
      const asked = { slug, serverName, command, environment, prefix, limits: only(limits) }
      return spawner.start({ ...asked, routedPorts, user: owner, signal, progress })
    },
    poll: ({ state }) => spawner.poll(ours(state)),
    exited: ({ state }, { signal }) => spawner.exited(ours(state), signal),
    stop: ({ state, now }) => spawner.stop(ours(state), { now }),
    usage: ({ state }) => spawner.usage(ours(state)),
    prepare: ({ command, environment }) => spawner.prepare?.(command, environment),
    answered: ({ state, tookMs }) => spawner.answered?.(ours(state), tookMs),
    warmth: () => spawner.warmth?.(),
    setLimits: ({ state, limits }) => spawner.setLimits?.(ours(state), only(limits)),
    logTail: ({ slug, lines }) => spawner.logTail(slug, lines),
    forget: ({ slug }) => spawner.forget(slug),
    accountChanged: ({ user, disabled }) => spawner.accountChanged?.(known(user), { disabled }),
    archiveHome({ user, name }) {
      if (!name.startsWith(`${user.slug}-`)) throw refusal('this name of an archive')
      return spawner.archiveHome?.(known(user), name)
    },
  }
}

/** Nothing else that may have come along. */
const only = ({ memoryBytes, cpuCores, tasks }: Static<typeof limits>) => ({
  ...(memoryBytes !== undefined && { memoryBytes }),
  ...(cpuCores !== undefined && { cpuCores }),
  ...(tasks !== undefined && { tasks }),
})

/** Units of the machine that are no servers of ours are not to be stopped, limited, or asked about. */
function ownRun(state: SpawnState, policy: HelperPolicy): SpawnState {
  const run = readRun(state)
  // Of another spawner, or of none: that nothing runs is the answer.
  if (!run) return {}
  const isOurs = Value.Check(serverSlug, run.slug) && run.unit === `${policy.unitPrefix}${run.slug}.service` // prettier-ignore
  if (!isOurs) throw refusal('a unit that is no server')
  return run
}

/**
 * The account follows from the slug. A name decides over groups and over sudo, so it has to be the one that the slug
 * comes from: whoever was renamed is known here by their slug.
 */
function believed({ id, name, slug, admin }: SpawnUser, policy: HelperPolicy): SpawnUser {
  const isTheirs = slugOf(name) === slug
  return {
    id,
    slug,
    name: isTheirs ? name : slug,
    admin: admin && isTheirs && policy.isAdmin(name),
  }
}
