/** Asks the running hub for what only it can do: stopping servers that it watches, reading its configuration again, telling how it is. */
import { findRunningHub } from '../config/data-dir.ts'
import { internalPortFact, type WholeContext } from '../context.ts'
import { asError, conflict, HubError } from '../lib/errors.ts'
import { pollUntil } from '../lib/poll.ts'
import { MINUTE, SECOND } from '../lib/time.ts'
import { escapeName, isActive, type Server } from '../model/server.ts'
import { type User } from '../model/user.ts'
import { type WarmFacts } from '../spawn/warm-start.ts'
import { urlFact } from './hub-url.ts'

/** Longest wait for one server to end; the spawner's own patience is shorter. */
const timeoutMs = MINUTE

/** Longest wait for a question that the hub answers at once. */
const answerMs = 10 * SECOND

type Needs = Pick<WholeContext, 'config' | 'store' | 'tokens'>

/** Of a token for one request; a hub may want them shorter still. */
const lifeSecondsOf = ({ config }: Needs): number =>
  Math.floor(Math.min(2 * timeoutMs, config.tokens.max_age || Infinity) / SECOND)

/**
 * Has the hub stop everything `user` runs, in their own name; resolves when nothing runs any more.
 * Does nothing when no hub runs: then the verbs of this process can stop them as well.
 * @throws {HubError} Unavailable when the hub does not do it.
 */
export async function stopServersOf(user: User, needs: Needs): Promise<void> {
  const active = needs.store.servers.listOf(user.id).filter(isActive)
  const hub = findRunningHub(needs.config.data_dir)
  if (active.length === 0 || hub === undefined) return
  const { token, secret } = needs.tokens.issue({
    user,
    note: 'littlehub user delete',
    scopes: ['delete:servers!user'],
    expiresInSeconds: lifeSecondsOf(needs),
  })
  try {
    await Promise.all(active.map((server) => stopServer(server, secret, needs)))
  } finally {
    needs.tokens.revoke(token)
  }
}

/** Where its API answers, on loopback; it may have been started with another base URL than the file says now. */
function apiOf({ config, store }: Pick<Needs, 'config' | 'store'>): string {
  const url = URL.parse(store.facts.find(urlFact) ?? '')
  const port = store.facts.find(internalPortFact) ?? ''
  return `http://127.0.0.1:${port}${url?.pathname ?? config.base_url}hub/api`
}

function urlOfServer(server: Server, needs: Needs): string {
  const user = `${apiOf(needs)}/users/${escapeName(server.userName)}`
  return server.name === '' ? `${user}/server` : `${user}/servers/${escapeName(server.name)}`
}

/**
 * Has the running hub give a server other limits, in the name of an administrator. @see api/limits.ts
 * @returns false when there is no hub that could be asked, or no administrator yet.
 * @throws {HubError} Conflict with what the hub says, when it refuses.
 */
export async function changeLimitsOf(
  server: Server,
  changes: Readonly<Record<string, string>>,
  needs: Needs,
): Promise<boolean> {
  if (findRunningHub(needs.config.data_dir) === undefined) return false
  const done = await withPassingToken(needs, 'admin:servers', async (secret) => {
    const answer = await fetch(`${urlOfServer(server, needs)}/limits`, {
      method: 'PATCH',
      headers: { authorization: `token ${secret}` },
      body: JSON.stringify(changes),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!answer.ok) throw conflict(toWords([toTable(await answer.json())['message']]).join())
    return true
  })
  return done ?? false
}

async function stopServer(server: Server, secret: string, needs: Needs): Promise<void> {
  const { store } = needs
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(urlOfServer(server, needs), {
      method: 'DELETE',
      headers: { authorization: `token ${secret}` },
      signal,
    })
    if (!response.ok) throw new Error(`it answered ${response.status} ${await response.text()}`)
    const isOver = (): Promise<boolean> => {
      const row = store.servers.find(server.id)
      return Promise.resolve(row === undefined || !isActive(row))
    }
    if (!(await pollUntil(isOver, { timeoutMs, firstMs: 50, maxMs: 1000, signal })))
      throw new Error('the server did not end in time')
  } catch (thrown) {
    throw new HubError(
      'Unavailable',
      `The running hub did not stop a server of ${server.userName}; nothing was deleted. Try again, or stop the hub first.`,
      { cause: thrown },
    )
  }
}

/** Dotted keys: what holds now, and what waits for the next start. */
export type ReloadOutcome = {
  readonly applied: readonly string[]
  readonly needsRestart: readonly string[]
  /** What the hub has read; it may be another one than a command was told. */
  readonly file: string | undefined
}

/**
 * Has the running hub read its configuration again, in the name of an administrator.
 * @returns undefined when there is no administrator yet: it was told by a signal then, and its log says what came of it.
 * @throws {HubError} Unavailable, with what the hub says, when it refuses or is not well afterwards.
 */
export async function reloadHub(pid: number, needs: Needs): Promise<ReloadOutcome | undefined> {
  const user = needs.store.users.listAdmins().find(({ disabled }) => !disabled)
  if (!user) {
    process.kill(pid, 'SIGHUP')
    return undefined
  }
  const { token, secret } = needs.tokens.issue({
    user,
    note: 'littlehub config reload',
    scopes: ['reload'],
    expiresInSeconds: lifeSecondsOf(needs),
  })
  try {
    return await askToReload(secret, needs)
  } finally {
    needs.tokens.revoke(token)
  }
}

/**
 * What the running hub measures of itself, in the text format of Prometheus.
 * @returns undefined when there is no administrator yet in whose name it could be asked.
 * @throws {Error} when it does not answer.
 */
export const readMetrics = (needs: Needs): Promise<string | undefined> =>
  withPassingToken(needs, 'read:metrics', async (secret) => {
    const answer = await fetch(`${apiOf(needs)}/metrics`, {
      headers: { authorization: `token ${secret}` },
      signal: AbortSignal.timeout(answerMs),
    })
    if (!answer.ok) throw new Error(`it answered ${answer.status} ${await answer.text()}`)
    return answer.text()
  })

/** How starts went; undefined where none are warm. @see api/info.ts */
export const readWarmth = (needs: Needs): Promise<WarmFacts | undefined> =>
  withPassingToken(needs, 'read:hub', async (secret) => {
    const answer = await fetch(`${apiOf(needs)}/info`, {
      headers: { authorization: `token ${secret}` },
      signal: AbortSignal.timeout(answerMs),
    })
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    const { littlehub = {} } = (await answer.json()) as { littlehub?: { warm_start?: Warmth } }
    const { warm_start: found } = littlehub
    if (found === undefined) return undefined
    const { warm, cold, warm_seconds, cold_seconds, last_reason, kernel_reason } = found
    return {
      ...{ warm, cold },
      ...(warm_seconds === null ? {} : { warmMs: warm_seconds * SECOND }),
      ...(cold_seconds === null ? {} : { coldMs: cold_seconds * SECOND }),
      ...(last_reason === null ? {} : { lastReason: last_reason }),
      ...(kernel_reason === null ? {} : { kernelReason: kernel_reason }),
    }
  })

type Warmth = {
  readonly warm: number
  readonly cold: number
  readonly warm_seconds: number | null
  readonly cold_seconds: number | null
  readonly last_reason: string | null
  readonly kernel_reason: string | null
}

/** Lends `use` a token of an administrator with one scope. @returns undefined when there is no administrator yet */
export async function withPassingToken<Result>(
  needs: Needs,
  scope: string,
  use: (secret: string) => Promise<Result>,
): Promise<Result | undefined> {
  const user = needs.store.users.listAdmins().find(({ disabled }) => !disabled)
  if (!user) return undefined
  const { token, secret } = needs.tokens.issue({
    user,
    note: 'littlehub doctor',
    scopes: [scope],
    expiresInSeconds: lifeSecondsOf(needs),
  })
  try {
    return await use(secret)
  } finally {
    needs.tokens.revoke(token)
  }
}

async function askToReload(secret: string, needs: Needs): Promise<ReloadOutcome> {
  const signal = AbortSignal.timeout(timeoutMs)
  const headers = { authorization: `token ${secret}` }
  try {
    const before = await faultOf(needs)
    const answer = await fetch(`${apiOf(needs)}/reload`, { method: 'POST', headers, signal })
    const body = toTable(await answer.json())
    if (!answer.ok) throw refusal(toWords([body['message']]).join())
    const after = await faultOf(needs)
    // One that had a fault before is being mended, perhaps in several steps.
    if (after !== undefined && before === undefined) throw unwell(after)
    const file = typeof body['file'] === 'string' ? body['file'] : undefined
    return { applied: toWords(body['applied']), needsRestart: toWords(body['needs_restart']), file }
  } catch (thrown) {
    if (thrown instanceof HubError) throw thrown
    throw unwell(asError(thrown).message, thrown)
  }
}

const unwell = (fault: string, cause?: unknown): HubError =>
  new HubError('Unavailable', `The running hub does not answer as it should: ${fault}.`, { cause })

/** What people would meet: nothing wrong, or a sentence. */
async function faultOf({ config, store }: Needs): Promise<string | undefined> {
  const url = store.facts.find(urlFact)
  const places = [`${apiOf({ config, store })}/health`, ...(url ? [`${url}hub/login`] : [])]
  for (const place of places) {
    const signal = AbortSignal.timeout(answerMs)
    const answer = await fetch(place, { signal, redirect: 'manual' }).catch(asError)
    if (answer instanceof Error) return `${place} does not answer: ${answer.message}`
    await answer.body?.cancel()
    if (answer.status >= 400) return `${place} answers ${answer.status}`
  }
  return undefined
}

const refusal = (reason: string): HubError =>
  new HubError('Unavailable', `The running hub refused it:\n${reason}`)

const toTable = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? { ...body } : {}

const toWords = (list: unknown): string[] => (Array.isArray(list) ? list.map(String) : [])
