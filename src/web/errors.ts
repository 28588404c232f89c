/** Any error of a page request → status, and HTML or JSON. The only file of web/ that does so. */
import { type FastifyReply, type FastifyRequest } from 'fastify'
import { asError, errorCode, HubError, OAuthError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { wantsJson } from './navigation.ts'
import { type ViewData } from './views.ts'

export type Problem = {
  readonly status: number
  readonly title: string
  readonly message: string
  readonly retryAfterSeconds: number | undefined
}

export type ErrorNeeds = {
  readonly log: Log
  show(reply: FastifyReply, view: 'error', data: ViewData['error']): FastifyReply
}

const titles: Readonly<Record<number, string>> = {
  400: 'That did not work',
  401: 'Not logged in',
  403: 'Not allowed',
  404: 'Nothing here',
  405: 'Not possible here',
  409: 'Not possible right now',
  413: 'Too much at once',
  422: 'That did not work',
  424: 'Not running',
  429: 'A little patience',
  502: 'No answer',
  503: 'Not available right now',
  504: 'No answer in time',
}

/** Sentences for what Fastify refuses by itself; its own are for programmers. */
const refusals: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'What you sent is larger than this hub takes.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The request ended before all of it had arrived. Try again.',
  FST_ERR_BAD_URL: 'This address is malformed.',
  FST_ERR_MAX_PARAM_LENGTH: 'This address is too long.',
}

export const titleOf = (status: number): string => titles[status] ?? 'Something went wrong'

/** What a person may know of an error. An unexpected one says only where the log tells the rest (S-30). */
export function problemOf(error: Error, requestId: string): Problem {
  if (error instanceof HubError) {
    const { status, message, retryAfterSeconds } = error
    return { status, title: titleOf(status), message, retryAfterSeconds }
  }
  const status = error instanceof OAuthError ? error.status : statusOf(error)
  const message =
    error instanceof OAuthError
      ? error.message
      : status < 500
        ? (refusals[errorCode(error) ?? ''] ?? 'This request cannot be understood.')
        : `Something went wrong (request ${requestId}). An administrator finds the reason in the hub's log.`
  return { status, title: titleOf(status), message, retryAfterSeconds: undefined }
}

/** Fastify's own refusals carry a status below 500; whatever else was thrown is our fault. */
function statusOf(error: Error): number {
  const status =
    'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  return status >= 400 && status < 500 ? status : 500
}

/** Logs it once, when somebody should know. */
export function logProblem(log: Log, request: FastifyRequest, thrown: unknown): void {
  const error = asError(thrown)
  const expected = error instanceof HubError && error.status < 500
  if (expected || problemOf(error, '').status < 500) return
  const facts = { error, requestId: request.id, method: request.method, route: routeOf(request) }
  if (error instanceof HubError) log.warn(facts, 'page refused')
  else log.error(facts, 'page failed')
}

/** The pattern and never the address itself, which may hold the secret of a one-time link (S-29). */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown'

export function createErrorHandler(needs: ErrorNeeds) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = asError(thrown)
    logProblem(needs.log, request, error)
    return answerProblem(needs, reply, problemOf(error, request.id))
  }
}

/** As JSON for programs (contract §0.4), as a page for people. */
export function answerProblem(
  needs: ErrorNeeds,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  const { status, title, message, retryAfterSeconds } = problem
  reply.code(status)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return wantsJson(reply.request.headers)
    ? reply.send({ status, message })
    : needs.show(reply, 'error', { status, title, message })
}
