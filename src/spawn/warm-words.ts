/** How starts went, in a sentence for administrators. */
import { SECOND } from '../lib/time.ts'
import { type WarmFacts } from './warm-start.ts'

/** Undefined when nothing has been started yet. */
export function warmthInWords({
  warm,
  cold,
  warmMs,
  coldMs,
  lastReason,
  kernelReason,
}: WarmFacts): string | undefined {
  if (warm + cold === 0) return undefined
  const times = [within('warm', warmMs), within('ordinary', coldMs)].filter(Boolean).join(', ')
  const counted = `${warm} of ${warm + cold} starts since the hub began were warm`
  const reason = lastReason === undefined ? '' : ` The last ordinary one: ${lastReason}.`
  const kernels =
    kernelReason === undefined ? '' : ` Kernels start the ordinary way: ${kernelReason}.`
  return `${counted}${times === '' ? '' : `; the first answer came after ${times}`}.${reason}${kernels}`
}

const within = (kind: string, ms: number | undefined): string =>
  ms === undefined ? '' : `${(ms / SECOND).toFixed(1)} s (${kind})`
