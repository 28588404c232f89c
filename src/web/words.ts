/** Times, sizes and browsers in words. */
import { DAY, HOUR, MINUTE, SECOND } from '../lib/time.ts'
import { type Moment } from './views.ts'

const absolute = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
})

/** How long ago, or until when. */
export function momentOf(at: Date, now: Date): Moment {
  return {
    relative: relativeTo(at.getTime() - now.getTime()),
    absolute: `${absolute.format(at)} UTC`,
    iso: at.toISOString(),
  }
}

/** @returns undefined for what has never happened. */
export const momentOrNone = (at: Date | undefined, now: Date): Moment | undefined =>
  at && momentOf(at, now)

/** The later of two that may never have been. */
export const laterOf = (one: Date | undefined, other: Date | undefined): Date | undefined =>
  one === undefined || (other !== undefined && other > one) ? other : one

function relativeTo(ms: number): string {
  const distance = Math.abs(ms)
  if (distance < 10 * SECOND) return ms > 0 ? 'in a moment' : 'just now'
  const words = durationInWords(distance)
  return ms < 0 ? `${words} ago` : `in ${words}`
}

/** The largest unit, rounded down: `14 days`, `an hour`, `30 seconds`. */
export function durationInWords(ms: number): string {
  if (ms >= DAY) return counted(ms / DAY, 'day', 'a day')
  if (ms >= HOUR) return counted(ms / HOUR, 'hour', 'an hour')
  if (ms >= MINUTE) return counted(ms / MINUTE, 'minute', 'a minute')
  return counted(Math.max(1, ms / SECOND), 'second', 'a second')
}

function counted(amount: number, unit: string, one: string): string {
  const whole = Math.floor(amount)
  return whole === 1 ? one : `${whole} ${unit}s`
}

/** `214 MB`, `1.3 GB`; powers of 1024, as `top` counts. */
export function sizeInWords(bytes: number): string {
  const megabytes = bytes / 1024 ** 2
  if (megabytes < 1) return 'under 1 MB'
  return megabytes < 1000 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`
}

/** The first that matches: Edge and Opera also say they are Chrome, and Chrome that it is Safari. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
]

/** `Firefox on Linux`, for people who want to tell their logins apart. */
export function browserInWords(userAgent: string): string {
  const named = (table: readonly (readonly [RegExp, string])[]): string | undefined =>
    table.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = named(browsers) ?? 'A program'
  const system = named(systems)
  return system === undefined ? browser : `${browser} on ${system}`
}
