/** `…/progress`: a start as server-sent events (contract §3.8; WHATWG HTML §9.2). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { type ProgressEvent } from '../core/servers.ts'
import { SECOND } from '../lib/time.ts'
import { callerOf, namesIn, type ApiNeeds } from './guard.ts'
import { serverIn } from './servers.ts'

/** Proxies between us and the browser close what is silent for longer. */
const keepAliveMs = 8 * SECOND

export function progressRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const open = new Map<AbortController, FastifyRequest>()
  // A stream that nobody ends would keep the hub from stopping.
  const endAll = (): void => {
    for (const controller of open.keys()) controller.abort()
  }
  needs.stopping.addEventListener('abort', endAll)
  app.addHook('preClose', (done) => {
    endAll()
    done()
  })
  // It ends with the login that opened it (security S-04).
  needs.access.onChange((userId) => {
    for (const [controller, request] of open) {
      const caller = callerOf(request)
      const isConcerned = !('user' in caller) || caller.user.id === userId
      if (isConcerned && !mayStillWatch(request, needs)) controller.abort()
    }
  })

  const answers = { 200: 'events' } as const
  const config = { scope: 'read:servers', target: 'server', answers } as const
  for (const path of ['/users/:name/server', '/users/:name/servers/:server'])
    app.get(`${path}/progress`, { config, exposeHeadRoute: false }, async (request, reply) => {
      const controller = new AbortController()
      const { signal } = controller
      const events = needs.servers
        .progress(serverIn(request, needs), signal)
        [Symbol.asyncIterator]()
      // Awaited before the first byte, so that what is no progress is still an error with its status.
      const first = await events.next()
      const stream = Readable.from(frames(first, events, signal))
      open.set(controller, request)
      stream.once('close', () => {
        controller.abort()
        open.delete(controller)
      })
      // Nothing comes after it, so that a connection that is left over keeps no hub from stopping.
      reply.header('connection', 'close').header('cache-control', 'no-cache')
      return reply.type('text/event-stream').send(stream)
    })
}

function mayStillWatch(request: FastifyRequest, { access }: ApiNeeds): boolean {
  const { user, server } = namesIn(request)
  const caller = access.identifyService(request.headers) ?? access.identify(request.headers)
  return access.can(caller, 'read:servers', { server: `${user}/${server}` })
}

type Step = IteratorResult<ProgressEvent, unknown>

/** Produces a frame when the reader has taken the last one: a client that reads nothing costs nothing. */
async function* frames(
  first: Step,
  events: AsyncIterator<ProgressEvent, unknown>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield '\n\n'
  for (let next = Promise.resolve(first); !signal.aborted;) {
    const step = await orSilence(next)
    if (step === undefined) yield '\n\n'
    else if (step.done) return
    else {
      yield `data: ${JSON.stringify(step.value)}\n\n`
      next = events.next()
    }
  }
}

async function orSilence(next: Promise<Step>): Promise<Step | undefined> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), keepAliveMs)
  })
  try {
    return await Promise.race([next, silence])
  } finally {
    clearTimeout(timer)
  }
}
