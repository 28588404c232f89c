/** The spawner of a hub that is not root: it has its helper do everything. */
import { HubError } from '../lib/errors.ts'
import { SECOND, sleep } from '../lib/time.ts'
import {
  helperSocket,
  LinkLost,
  openHelperLink,
  type AskHow,
  type HelperLink,
} from './helper-link.ts'
import { type Ending, type Liveness, type Spawner, type Started, type Usage } from './spawner.ts'
import { limitsOfState } from './unit-run.ts'
import { type WarmFacts } from './warm-start.ts'

/** Longer than a helper takes to be started anew. */
const patienceMs = 10 * SECOND
const pauseMs = SECOND / 5

/** `anew`: whether to ask again, and for how long, when the helper ends before it has answered. */
type Asking = AskHow & { readonly anew: 'never' | 'soon' | 'always' }

export function createHelperClient(socket = helperSocket): Spawner {
  const listeners: ((slug: string) => void)[] = []
  const links = new Set<HelperLink>()
  let current: HelperLink | undefined
  /** What the helper last said of its starts. */
  let warmth: WarmFacts = { warm: 0, cold: 0 }
  let prepareAgain = (): void => undefined
  let isPreparing = false

  const open = (): HelperLink => {
    if (current) return current
    current = openHelperLink({
      socket,
      onMemoryKill: (slug) => listeners.forEach((tell) => tell(slug)),
      onLeave(link) {
        links.delete(link)
        if (current === link) current = undefined
      },
    })
    links.add(current)
    // Another helper than the one before knows nothing of it.
    prepareAgain()
    return current
  }

  const ask = async <Result>(call: string, given: object, how: Asking): Promise<Result> => {
    const untilMs = performance.now() + patienceMs
    for (;;) {
      try {
        return (await open().ask(call, given, how)) as Result
      } catch (thrown) {
        if (!(thrown instanceof LinkLost)) throw thrown
        const isOver = how.anew !== 'always' && performance.now() > untilMs
        if (isOver || (how.anew === 'never' && thrown.heard)) throw noHelper(thrown)
      }
      await sleep(pauseMs, how.signal)
    }
  }
  const soon = { anew: 'soon' } as const

  const mention = async (call: string, given: object): Promise<void> => {
    try {
      await ask(call, given, soon)
      warmth = (await ask<WarmFacts | undefined>('warmth', {}, soon)) ?? warmth
    } catch {
      // What is only more convenient is left to the next time; whatever has to be done says so itself.
    }
  }

  return {
    start({ signal, progress, user, ...request }) {
      const { id, name, slug, admin } = user
      const given = { ...request, user: { id, name, slug, admin } }
      return ask<Started>('start', given, { signal, progress, anew: 'never' })
    },
    poll: (state) => ask<Liveness>('poll', { state }, soon),
    exited: (state, signal) => ended(ask<Ending>('exited', { state }, { signal, anew: 'always' }), signal), // prettier-ignore
    stop: (state, { now = false } = {}) => ask('stop', { state, now }, soon),
    logTail: (slug, lines) => ask<string[]>('logTail', { slug, lines }, soon),
    usage: (state) => ask<Usage | undefined>('usage', { state }, soon),
    forget: (slug) => ask('forget', { slug }, soon),
    setLimits: (state, limits) => ask('setLimits', { state, limits }, soon),
    limits: limitsOfState,
    prepare(command, environment) {
      prepareAgain = () => {
        if (isPreparing) return
        isPreparing = true
        void mention('prepare', { command, environment }).finally(() => (isPreparing = false))
      }
      prepareAgain()
    },
    answered: (state, tookMs) => void mention('answered', { state, tookMs }),
    warmth: () => warmth,
    onMemoryKill: (listener) => void listeners.push(listener),
    accountChanged: ({ id, name, slug, admin }, { disabled }) =>
      ask('accountChanged', { user: { id, name, slug, admin }, disabled }, soon),
    archiveHome: ({ id, name: called, slug, admin }, name) =>
      ask('archiveHome', { user: { id, name: called, slug, admin }, name }, { anew: 'never' }),
    close() {
      for (const link of links) link.close()
    },
  }
}

const noHelper = (cause: unknown): HubError =>
  new HubError(
    'Unavailable',
    'The helper that starts and stops servers does not answer. An admin finds out why with littlehub doctor.',
    { cause },
  )

/** Whoever gives up waiting does so at once, whatever the helper does. */
async function ended(asked: Promise<Ending>, signal: AbortSignal): Promise<Ending> {
  asked.catch(() => undefined)
  signal.throwIfAborted()
  const { promise: over, reject } = Promise.withResolvers<never>()
  const abort = (): void =>
    reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([asked, over])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
