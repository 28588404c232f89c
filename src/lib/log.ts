/** The logger: pino with redaction of everything secret. */
import { pino, type Logger, type LoggerOptions } from 'pino'

export type Log = Logger

const secretNames = [
  ...['cookie', 'set-cookie', 'authorization', 'token', 'password', 'code', 'secret'],
  ...['authState', 'auth_state', 'accessToken', 'access_token'],
]

/** Secret names at the top of a log line and one and two levels below. */
const redactedPaths = secretNames.flatMap((name) => {
  const key = name.includes('-') ? `["${name}"]` : name
  const dotted = name.includes('-') ? key : `.${name}`
  return [key, `*${dotted}`, `*.*${dotted}`]
})

/** @param destination where lines go; standard output when absent. */
export function createLog(
  options: { level: string },
  destination?: { write(line: string): void },
): Log {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redactedPaths, censor: '[redacted]' },
    serializers: { error: pino.stdSerializers.err },
  }
  return destination ? pino(settings, destination) : pino(settings)
}
