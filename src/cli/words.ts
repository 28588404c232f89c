/** Times and sizes as people read them. */
import { DAY, HOUR, MINUTE, SECOND } from '../lib/time.ts'

const units = [
  { ms: DAY, name: 'day' },
  { ms: HOUR, name: 'hour' },
  { ms: MINUTE, name: 'minute' },
  { ms: SECOND, name: 'second' },
] as const

/** The largest unit that fits: `24 hours`, `14 days`. A single day is 24 hours. */
export function inWords(ms: number): string {
  const unit = units.find((candidate) => ms >= 2 * candidate.ms) ?? units[3]
  const number = Math.round(ms / unit.ms)
  return `${number} ${unit.name}${number === 1 ? '' : 's'}`
}

/** `2026-11-25 16:04`, in the machine's time zone; `-` for never. */
export function inTable(at: Date | undefined): string {
  if (at === undefined) return '-'
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}

const steps = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1.5 GiB` */
export function sizeInWords(bytes: number): string {
  let size = bytes
  let step = 0
  while (size >= 1024 && step < steps.length - 1) {
    size /= 1024
    step += 1
  }
  const rounded = size >= 10 || step === 0 ? Math.round(size) : Math.round(size * 10) / 10
  return `${rounded} ${steps[step] ?? ''}`
}
