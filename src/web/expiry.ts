/** How long something new is good for, as a list to choose from. */
import { DAY, HOUR, MINUTE, SECOND } from '../lib/time.ts'
import { type Option } from './views.ts'
import { durationInWords } from './words.ts'

/** What JupyterHub's token page offers (contract §5.12), in seconds. */
const usual: readonly (readonly [number, string])[] = [
  [HOUR / SECOND, '1 hour'],
  [DAY / SECOND, '1 day'],
  [(7 * DAY) / SECOND, '1 week'],
  [(30 * DAY) / SECOND, '1 month'],
  [(365 * DAY) / SECOND, '1 year'],
]

const monthSeconds = (30 * DAY) / SECOND

/**
 * @param maxMs nothing longer is offered, and not never; 0: no limit
 * @param chosen what was chosen before, if anything was
 */
export function tokenExpiries(maxMs: number, chosen?: string): Option[] {
  const max = Math.floor(maxMs / SECOND)
  const isLimited = max > 0
  const offered = usual.filter(([seconds]) => !isLimited || seconds <= max)
  const entries = offered.map(([seconds, label]) => [String(seconds), label] as const)
  const hasMax = offered.some(([seconds]) => seconds === max)
  const longest = [String(max), `Longest (${inHours(maxMs)})`] as const
  if (isLimited && !hasMax) entries.push(longest)
  if (!isLimited) entries.push(['', 'Never'])
  const usualChoice = isLimited && max < monthSeconds ? String(max) : String(monthSeconds)
  return optionsOf(entries, chosen ?? usualChoice)
}

/** Hours are what people plan in; what is shorter is said in its own unit. */
function inHours(ms: number): string {
  const hours = Math.floor(ms / HOUR)
  if (ms < HOUR || hours % 24 === 0) return durationInWords(ms)
  const minutes = Math.floor((ms % HOUR) / MINUTE)
  const rest = minutes === 0 ? '' : ` ${minutes} min`
  return `${hours} ${hours === 1 ? 'hour' : 'hours'}${rest}`
}

/** How long a link that shares a server may last; the contract's bounds are wider. */
export const shareValidities = (chosen = String(DAY / SECOND)): Option[] =>
  optionsOf(
    usual.map(([seconds, label]) => [String(seconds), label] as const),
    chosen,
  )

const optionsOf = (entries: readonly (readonly [string, string])[], chosen: string): Option[] =>
  entries.map(([value, label]) => ({ value, label, selected: value === chosen }))

/** @returns what a choice stands for: seconds, never, or undefined when it was not offered. */
export function chosenSeconds(
  options: readonly Option[],
  value: string,
): number | 'never' | undefined {
  if (!options.some((option) => option.value === value)) return undefined
  return value === '' ? 'never' : Number(value)
}
