/** Errors with a kind, an HTTP status and a sentence for the person concerned. */

const statuses = {
  InvalidInput: 400,
  Unauthenticated: 401,
  Forbidden: 403,
  NotFound: 404,
  NotAllowed: 405,
  Conflict: 409,
  TooLarge: 413,
  Unprocessable: 422,
  NotRunning: 424,
  TooMany: 429,
  Upstream: 502,
  Unavailable: 503,
  Timeout: 504,
} as const

export type ErrorCode = keyof typeof statuses

/**
 * An expected failure. `message` is shown to the person concerned: what happened and what to do, no secrets, no internals.
 * `cause` goes to the log only.
 */
export class HubError extends Error {
  override readonly name = 'HubError'
  readonly code: ErrorCode
  readonly status: number
  /** Seconds after which trying again makes sense, sent as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = statuses[code]
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** One thing wrong with the configuration: where, which key, and a sentence. `line` counts from 1. */
export type ConfigProblem = {
  readonly source: string
  readonly line?: number
  readonly key: string
  readonly sentence: string
}

/** Everything wrong with the configuration at once. The command line ends with exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join('\n'))
    this.problems = problems
  }
}

function describeProblem(problem: ConfigProblem): string {
  const place = problem.line === undefined ? problem.source : `${problem.source}:${problem.line}`
  return `${place}: ${problem.key}: ${problem.sentence}`
}

/** An error of the OAuth 2 endpoints (RFC 6749 §4.1.2.1 and §5.2); its fields are the wire format. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: string
  readonly status: number

  constructor(error: string, description: string, status = 400) {
    super(description)
    this.error = error
    this.status = status
  }
}

export const invalidInput = (message: string, cause?: unknown): HubError =>
  new HubError('InvalidInput', message, { cause })
export const forbidden = (message: string): HubError => new HubError('Forbidden', message)
export const notFound = (message: string): HubError => new HubError('NotFound', message)
export const conflict = (message: string, cause?: unknown): HubError =>
  new HubError('Conflict', message, { cause })

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** The `code` that Node and SQLite put on their errors (`ENOSPC`, `SQLITE_FULL`), or undefined. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
