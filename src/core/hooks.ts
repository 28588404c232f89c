/** Hooks: what an administrator's own module is asked before a server starts and told after it has stopped. */
import { pathToFileURL } from 'node:url'
import { asError, ConfigError, errorCode, HubError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { nearest } from '../lib/nearest.ts'
import { SECOND, sleep } from '../lib/time.ts'
import { label, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { type AuthState } from './auth-states.ts'
import { type SpawnOptions } from './spawn-options.ts'

/** What a hook is given: values, a copy of its own. */
export type HookInfo = {
  readonly user: { readonly name: string; readonly admin: boolean }
  /** The names of the user's groups. */
  readonly groups: readonly string[]
  /** `name` is `''` for the default server. */
  readonly server: { readonly name: string; readonly displayName: string }
  /** As they were chosen: `{ profile: 'small', gpu: 'none' }`. */
  readonly options: Readonly<Record<string, unknown>>
  /** The slug of the profile that these come to; undefined on a hub without any. */
  readonly profile: string | undefined
  /** What the login left of the user, with `auth.enable_auth_state`; else, and after a stop, undefined. */
  readonly authState: AuthState | undefined
  /** What the configuration, groups and profile put into the environment; without the server's keys. Empty after a stop. */
  readonly environment: Readonly<Record<string, string>>
}

type Hook = (info: HookInfo) => unknown

/** What the module exports. */
export type HookModule = { readonly preSpawn?: Hook; readonly postStop?: Hook }

type Run = {
  readonly server: Server
  readonly user: User
  readonly environment: Readonly<Record<string, string>>
  /** Aborted when the start is cancelled. */
  readonly signal: AbortSignal
}

export interface Hooks {
  /**
   * @returns variables to add to the environment.
   * @throws {HookRefusal} with the sentence that the hook threw; {Error} when it is broken or takes too long.
   */
  preSpawn(run: Run): Promise<Readonly<Record<string, string>>>
  /** Never rejects: a failure is logged. */
  postStop(server: Server): Promise<void>
}

/** The hook does not want this start; the message is its own, for the person. */
export class HookRefusal extends Error {
  override readonly name = 'HookRefusal'
  /** The HTTP status that a program gets. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

export type HooksNeeds = {
  readonly module: HookModule
  readonly timeoutMs: number
  readonly groupsOf: (userName: string) => readonly string[]
  readonly findUser: (id: number) => User | undefined
  readonly authStateOf: (userId: number) => AuthState | undefined
  readonly spawnOptions: Pick<SpawnOptions, 'profileOf'>
  readonly log: Log
}

const names = ['preSpawn', 'postStop'] as const

/** @throws {ConfigError} that names the file, and what is missing in it. */
export async function loadHooks(file: string): Promise<HookModule> {
  const wrong = (sentence: string): ConfigError =>
    new ConfigError([{ source: file, key: 'hooks', sentence }])
  const exported = await importFrom(file).catch((thrown: unknown) => {
    throw wrong(`cannot be loaded: ${reasonOf(thrown)}`)
  })
  for (const name of names)
    if (name in exported && typeof exported[name] !== 'function')
      throw wrong(`its ${name} is not a function.`)
  const misspelt = Object.keys(exported).find(
    (name) => !isName(name) && nearest(name, names) !== undefined,
  )
  if (misspelt !== undefined)
    throw wrong(`it exports ${misspelt}; did you mean \`${nearest(misspelt, names) ?? ''}\`?`)
  if (!names.some((name) => name in exported))
    throw wrong('it exports neither preSpawn nor postStop.')
  return exported
}

const isName = (name: string): boolean => names.some((known) => known === name)

const importFrom = async (file: string): Promise<Readonly<Record<string, unknown>>> =>
  (await import(pathToFileURL(file).href)) as Record<string, unknown>

function reasonOf(thrown: unknown): string {
  if (errorCode(thrown) === 'ERR_MODULE_NOT_FOUND') {
    const [what = ''] = asError(thrown).message.split(' imported from', 1)
    return `${what}.`
  }
  const { name, message } = asError(thrown)
  return `${name}: ${message.split('\n', 1)[0] ?? ''}`
}

export function createHooks(needs: HooksNeeds): Hooks {
  const { preSpawn, postStop } = needs.module

  const infoOf = (
    server: Server,
    user: User,
    more: Pick<HookInfo, 'environment' | 'authState'>,
  ): HookInfo =>
    structuredClone({
      user: { name: user.name, admin: user.admin },
      groups: [...needs.groupsOf(user.name)],
      server: { name: server.name, displayName: server.displayName ?? server.name },
      options: server.options,
      profile: needs.spawnOptions.profileOf(user, server.options)?.slug,
      ...more,
    })

  /** @throws whatever the hook throws; {HubError} Timeout */
  const call = async (hook: () => unknown, signal?: AbortSignal): Promise<unknown> => {
    const over = new AbortController()
    const ended = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
    const tooLate = sleep(needs.timeoutMs, ended).then(() => {
      const seconds = needs.timeoutMs / SECOND
      throw new HubError('Timeout', `A hook of this hub took longer than ${seconds} seconds.`)
    })
    try {
      return await Promise.race([Promise.resolve().then(hook), tooLate])
    } finally {
      over.abort(new Error('not needed any more'))
    }
  }

  return {
    async preSpawn({ server, user, environment, signal }) {
      if (!preSpawn) return {}
      const info = infoOf(server, user, { environment, authState: needs.authStateOf(user.id) })
      const refusing = async (): Promise<unknown> => {
        try {
          return await preSpawn(info)
        } catch (thrown) {
          throw asRefusal(thrown)
        }
      }
      return environmentIn(await call(refusing, signal))
    },
    async postStop(server) {
      const user = postStop && needs.findUser(server.userId)
      if (!postStop || !user) return
      try {
        const info = infoOf(server, user, { environment: {}, authState: undefined })
        await call(() => postStop(info))
      } catch (thrown) {
        needs.log.error({ error: asError(thrown), server: label(server) }, 'the hook postStop')
      }
    },
  }
}

/** A plain error or text is a sentence for the person; a TypeError, or one of the system, is a fault of the hook. */
function asRefusal(thrown: unknown): unknown {
  if (typeof thrown === 'string' && thrown !== '') return new HookRefusal(thrown, 500)
  if (!(thrown instanceof Error) || thrown instanceof HubError) return thrown
  if (thrown.name !== 'Error' || errorCode(thrown) !== undefined || thrown.message === '')
    return thrown
  return new HookRefusal(thrown.message, statusOf(thrown))
}

/** JupyterHub passes on the status of an HTTP error that a hook raises (contract §3.7). */
function statusOf(thrown: object): number {
  const status = 'status' in thrown ? thrown.status : undefined
  const isOne = typeof status === 'number' && Number.isInteger(status)
  return isOne && status >= 400 && status <= 599 ? status : 500
}

/** @throws {Error} for an answer of another form: nothing of it is guessed. */
function environmentIn(answer: unknown): Readonly<Record<string, string>> {
  if (answer === undefined || answer === null) return {}
  const wrong = (what: string): Error => new Error(`the hook preSpawn returned ${what}`)
  if (typeof answer !== 'object') throw wrong(`a ${typeof answer}`)
  const strange = Object.keys(answer).find((key) => key !== 'environment')
  if (strange !== undefined) throw wrong(`'${strange}'; only 'environment' can be changed`)
  const environment = 'environment' in answer ? answer.environment : {}
  if (typeof environment !== 'object' || environment === null)
    throw wrong('an environment that is no object')
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]: [string, unknown]) => {
      if (typeof value !== 'string' || value.includes('\0') || !/^[^=\0]+$/.test(name))
        throw wrong(`no text for the variable ${name}`)
      return [name, value]
    }),
  )
}
