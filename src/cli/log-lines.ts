/** Log lines for a person at a terminal. */

/** `16:04:05 server ready: server=ana tookMs=1400`; a line that is no JSON object stays as it is. */
export function readableLine(line: string): string {
  const entry = parse(line)
  if (entry === undefined) return line.trimEnd()
  const { level, time, msg, ...fields } = entry
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${inline(value)}`)
  const words = `${clock(time)} ${levelWord(level)}${typeof msg === 'string' ? msg : ''}`
  return facts.length === 0 ? words : `${words}: ${facts.join(' ')}`
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined
  } catch {
    return undefined
  }
}

/** @see pino's levels: warn is 40, error 50 */
function levelWord(level: unknown): string {
  if (typeof level !== 'number' || level < 40) return ''
  return level < 50 ? 'warning: ' : 'error: '
}

function clock(time: unknown): string {
  const at = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN)
  return Number.isNaN(at.getTime()) ? '--:--:--' : at.toTimeString().slice(0, 8)
}

function inline(value: unknown): string {
  const text = typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)
  return text.replace(/\p{C}/gu, escaped)
}

/** Strangers' text may hold what a terminal obeys: ESC, and the C1 codes that JSON leaves alone. */
const escaped = (char: string): string =>
  `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
