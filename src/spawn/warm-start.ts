/** Starts of servers by a fork, wherever that is as good as the ordinary way, and the ordinary way otherwise. */
import path from 'node:path'
import { type Log } from '../lib/log.ts'
import { DAY, MINUTE, SECOND } from '../lib/time.ts'
import { pythonOf } from './console-script.ts'
import { findProgram } from './find-program.ts'
import { findForeignAbove, findForeignFile } from './foreign-files.ts'
import { createZygote, type Learnt, type Prepared, type Zygote, type ZygoteHost } from './zygote.ts'

/** What is to be started: a program with its arguments, and in its environment what decides which Python that means. */
export type WarmRequest = {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Why it has to be started the ordinary way; then nothing of it runs. */
export type Cold = { readonly cold: string }

/** How starts went since the hub began. */
export type WarmFacts = {
  readonly warm: number
  readonly cold: number
  /** From the start of the program to its first answer, on average; absent: none has answered yet. */
  readonly warmMs?: number
  readonly coldMs?: number
  /** Why the last cold one was not warm. */
  readonly lastReason?: string
  /** Why kernels are not forked, though they were to be. */
  readonly kernelReason?: string
}

export interface WarmStart {
  /** Makes ready for servers with this command, so that the first start is a warm one. */
  prepare(command: readonly string[], environment: Readonly<Record<string, string>>): void
  /**
   * Has `fork` make a server of the zygote and the arguments that are given to it. Undefined: it has to be started the
   * ordinary way; the reason is logged and counted. @throws what `fork` throws
   */
  attempt<Started extends object>(
    request: WarmRequest,
    fork: Fork<Started>,
  ): Promise<Started | undefined>
  /** A server has answered for the first time, this long after its start. */
  answered(how: { readonly isWarm: boolean; readonly tookMs: number }): void
  readonly facts: WarmFacts
  /** Servers go on. */
  close(): void
}

/** @param argv the script that is run, and its arguments */
export type Fork<Started> = (zygote: Zygote, argv: readonly string[]) => Promise<Started | Cold>

export type WarmStartNeeds = {
  /** As the setting says now. */
  readonly enabled: boolean
  /** What kernels that are forked have imported; undefined: they start the ordinary way. */
  readonly preload?: readonly string[] | undefined
  readonly log: Log
  /**
   * Where whoever asks for starts is not believed: the only search path that anything of root is made from.
   * Absent: any.
   */
  readonly trustedPath?: string | undefined
  /** Where zygotes run; absent: they are children of the hub. */
  readonly host?: () => ZygoteHost
  /** An installer is at work for a while after the first file has changed. */
  readonly settleMs?: number
  /** One that could not be made, or did not live longer than this, is tried again at the first start after it. */
  readonly retryAfterMs?: number
}

/** Servers of one zygote have the same layout of memory: who knows their own knows that of others. */
const renewAfterMs = DAY

const usualSettleMs = 5 * SECOND

const usualRetryAfterMs = MINUTE

/** Each takes memory; a machine with more user environments than this has some whose servers start cold. */
const mostPlaces = 4

/** The one of a user environment, or the lack of one. */
type Place = {
  zygote: Zygote | undefined
  isBusy: boolean
  reason: string
  failedAtMs: number
  modules: Learnt | undefined
  /** As the setting was when it was made. */
  readonly preload: string
}

const newMean = () => ({ sumMs: 0, count: 0 })

const newPlace = (preload: string): Place => ({
  zygote: undefined,
  isBusy: false,
  reason: 'the process that is forked was still being prepared',
  failedAtMs: -Infinity,
  modules: undefined,
  preload,
})

type Plan = {
  readonly script: string
  readonly python: string
  readonly environment: Record<string, string>
}

export function createWarmStart(needs: WarmStartNeeds): WarmStart {
  const { log, settleMs = usualSettleMs, retryAfterMs = usualRetryAfterMs } = needs
  const places = new Map<string, Place>()
  const living = new Set<Zygote>()
  const counts = { warm: 0, cold: 0 }
  const took = { warm: newMean(), cold: newMean() }
  let lastReason: string | undefined
  let kernelReason: string | undefined
  let isClosed = false

  /** A path through a process leads to what that process likes; a language becomes the name of files. */
  const isTrusted = ({ script, environment: { PATH = '', LANG = '' } }: Plan): boolean =>
    needs.trustedPath === undefined ||
    (PATH === needs.trustedPath &&
      /^[\w.@-]*$/.test(LANG) &&
      path.normalize(script) === script &&
      !/^\/(?:proc|dev)\//.test(script))

  const isUnwanted = (): boolean => isClosed || !needs.enabled

  const preloadNow = (): string => JSON.stringify(needs.preload ?? null)

  const make = async (plan: Plan, place: Place): Promise<void> => {
    const foreign = findForeignAbove(plan.script) ?? (await findForeignFile(plan.python))
    if (isUnwanted()) return
    if (foreign !== undefined) {
      fail(place, `others can change ${foreign}`)
      return
    }
    const zygote = createZygote({
      ...plan,
      ...(needs.host === undefined ? {} : { host: needs.host() }),
      ...(place.modules === undefined ? {} : { modules: place.modules }),
      preload: needs.preload,
      onStale: (reason) => replace(plan, place, { zygote, reason }),
    })
    living.add(zygote)
    const ready = await zygote.ready
    if ('failed' in ready) {
      if (ready.failed === environmentChanged)
        setTimeout(() => prepareIn(plan, place), settleMs).unref()
      fail(place, ready.failed)
      return
    }
    // The settings may have changed meanwhile.
    if (isUnwanted() || place.preload !== preloadNow()) zygote.end()
    else use(place, zygote, ready)
  }

  const use = (place: Place, zygote: Zygote, { modules, coldKernels }: Prepared): void => {
    place.zygote?.retire()
    place.zygote = zygote
    place.modules = modules
    kernelReason = coldKernels
    if (coldKernels !== undefined) log.warn({ reason: coldKernels }, 'kernels do not start warm')
    log.info({ tookMs: Math.round(zygote.ageMs) }, 'servers start warm')
  }

  const fail = (place: Place, reason: string): void => {
    place.reason = reason
    place.failedAtMs = performance.now()
    log.warn({ reason }, 'servers do not start warm')
  }

  const prepareIn = (plan: Plan, place: Place): void => {
    if (place.isBusy || isClosed) return
    place.isBusy = true
    void make(plan, place)
      .catch((error: unknown) => {
        log.warn({ error }, 'preparing warm starts')
        fail(place, 'the process that is forked could not be prepared')
      })
      .finally(() => (place.isBusy = false))
  }

  /** No start waits for the next one: until it is there they are cold. */
  const replace = (
    plan: Plan,
    place: Place,
    { zygote, reason }: { zygote: Zygote; reason: string },
  ): void => {
    if (place.zygote !== zygote) return
    zygote.retire()
    place.zygote = undefined
    place.reason = reason
    if (reason !== environmentChanged) {
      // One that ends as soon as it is used would be made again and again.
      if (zygote.ageMs < retryAfterMs) fail(place, reason)
      else prepareIn(plan, place)
      return
    }
    // Other packages want other modules.
    place.modules = undefined
    setTimeout(() => prepareIn(plan, place), settleMs).unref()
  }

  const placeOf = (plan: Plan): Place | undefined => {
    const key = JSON.stringify(plan)
    const preload = preloadNow()
    for (const [old, place] of places) if (place.preload !== preload) drop(old, place)
    if (!places.has(key) && places.size >= mostPlaces) return undefined
    const place = places.get(key) ?? newPlace(preload)
    places.set(key, place)
    const mayTry = performance.now() - place.failedAtMs > retryAfterMs
    if (place.zygote === undefined ? mayTry : place.zygote.ageMs > renewAfterMs)
      prepareIn(plan, place)
    return place
  }

  /** The one that can be forked for this command. */
  const find = (request: WarmRequest): { plan: Plan; place: Place; zygote: Zygote } | Cold => {
    if (!needs.enabled) {
      places.forEach((place, key) => drop(key, place))
      return { cold: 'warm starts are switched off' }
    }
    const plan = planOf(request)
    if (plan === undefined || !isTrusted(plan))
      return { cold: 'another program than the one that can be forked' }
    const place = placeOf(plan)
    if (place === undefined) return { cold: 'there are too many user environments' }
    const { zygote, reason } = place
    return zygote === undefined ? { cold: reason } : { plan, place, zygote }
  }

  const forkOne = async <Started extends object>(
    request: WarmRequest,
    fork: Fork<Started>,
  ): Promise<Started | Cold> => {
    const found = find(request)
    if ('cold' in found) return found
    const { plan, place, zygote } = found
    const forked = await fork(zygote, [plan.script, ...request.command.slice(1)])
    if ('cold' in forked && forked.cold === environmentChanged)
      replace(plan, place, { zygote, reason: forked.cold })
    return forked
  }

  const drop = (key: string, { zygote }: Place): void => {
    zygote?.retire()
    places.delete(key)
  }

  return {
    prepare(command, environment) {
      const plan = needs.enabled ? planOf({ command, environment }) : undefined
      if (plan !== undefined && isTrusted(plan)) placeOf(plan)
    },
    async attempt(request, fork) {
      const forked = await forkOne(request, fork)
      if (!('cold' in forked)) {
        counts.warm += 1
        return forked
      }
      counts.cold += 1
      lastReason = forked.cold
      log.info({ reason: forked.cold }, 'a server starts the ordinary way')
      return undefined
    },
    answered({ isWarm, tookMs }) {
      const mean = isWarm ? took.warm : took.cold
      mean.sumMs += tookMs
      mean.count += 1
    },
    get facts() {
      return {
        ...counts,
        ...(took.warm.count === 0 ? {} : { warmMs: took.warm.sumMs / took.warm.count }),
        ...(took.cold.count === 0 ? {} : { coldMs: took.cold.sumMs / took.cold.count }),
        ...(lastReason === undefined ? {} : { lastReason }),
        ...(kernelReason === undefined ? {} : { kernelReason }),
      }
    },
    close() {
      isClosed = true
      for (const zygote of living) zygote.end()
    },
  }
}

/** As child.py says it. */
const environmentChanged = 'the environment has changed'

/** What the zygote of this command is made from; undefined: it is not a command for one. */
function planOf({ command, environment }: WarmRequest): Plan | undefined {
  const { PATH = '', LANG = '' } = environment
  const script = findProgram(command[0] ?? '', PATH)
  if (script === undefined || path.basename(script) !== 'jupyterhub-singleuser') return undefined
  const python = pythonOf(script)
  if (python === undefined) return undefined
  return { script, python, environment: { PATH, LANG, HOME: '/nonexistent' } }
}
