/** What browsers refuse to load on our pages, they tell here; it is counted and logged (contract §5.1). */
import { type FastifyInstance, type FastifyRequest } from 'fastify'
import { MINUTE } from '../../lib/time.ts'
import { type Site } from '../site.ts'

/** Nobody fills the log by sending reports. */
const mostPerMinute = 20

const longestField = 200

export function cspReportRoute(app: FastifyInstance, site: Site): void {
  let [minute, count] = [0, 0]
  const isAllowed = (): boolean => {
    const now = Math.floor(site.clock.now().getTime() / MINUTE)
    ;[minute, count] = now === minute ? [minute, count + 1] : [now, 1]
    return count <= mostPerMinute
  }

  app.post(
    `${site.hubPath}security/csp-report`,
    // A browser sends it by itself: without the token of a form, and from no page.
    { config: { access: 'user', embeddable: true, changesNothing: true } },
    (request, reply) => {
      site.metrics.cspReported()
      if (isAllowed()) site.log.warn(factsOf(request), 'a browser refused part of a page')
      return reply.code(204).send()
    },
  )
}

/** Never the page's address, which may hold the secret of a one-time link (S-29). @see CSP3 §5.3 */
function factsOf({ body, visitor }: FastifyRequest): Readonly<Record<string, string | undefined>> {
  const report = reportIn(body)
  const field = (name: string): string | undefined => {
    const value = report[name]
    return typeof value === 'string' ? value.slice(0, longestField) : undefined
  }
  const directive = field('effective-directive') ?? field('violated-directive')
  return {
    user: visitor?.user.name,
    // The name of one, whatever else was sent: a line of the log may end on a terminal.
    directive: /^[a-z-]{1,40}/.exec(directive ?? '')?.[0],
    blocked: withoutPath(field('blocked-uri')),
  }
}

function reportIn(body: unknown): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '')
    const report = isObject(parsed) ? parsed['csp-report'] : undefined
    return isObject(report) ? report : {}
  } catch {
    return {}
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** `inline`, `eval`, or an origin. */
function withoutPath(blocked: string | undefined): string | undefined {
  if (blocked === undefined) return undefined
  const origin = URL.parse(blocked)?.origin
  return origin === undefined || origin === 'null' ? /^[\w-]*/.exec(blocked)?.[0] : origin
}
