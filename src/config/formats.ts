/** The formats of settings that are written as text: durations, sizes and paths. */
import { isAbsolute, resolve } from 'node:path'
import { parseDuration } from '../lib/time.ts'

/** The value in the program, or the sentence that says why there is none. */
export type Decoded = { readonly value: string | number } | { readonly problem: string }

/** @param dir what relative paths are relative to. */
type Format = (written: string, dir: string) => Decoded

/** How each format of a schema is read. Any other format is left to the schema's own check. */
export const formats: Readonly<Record<string, Format>> = {
  duration(written) {
    const value = parseDuration(written)
    if (value !== undefined) return { value }
    const remedy = 'write a number with a unit, such as 90s, 10m or 1h.'
    return { problem: `'${written}' is not a duration; ${remedy}` }
  },
  size(written) {
    const value = parseSize(written)
    if (value !== undefined) return { value }
    const remedy = 'write a number of bytes, or one with a unit, such as 512M or 2G.'
    return { problem: `'${written}' is not a size; ${remedy}` }
  },
  'memory-limit': readMemoryLimit,
  'cpu-limit'(written) {
    if (isNone(written)) return { value: 0 }
    const isNumber = /^\d{1,5}(?:\.\d{1,6})?$/.test(written.trim())
    if (isNumber && Number(written) >= fewestCores) return { value: Number(written) }
    const remedy = `write a number of cores from ${fewestCores}, such as 0.5 or 2, or none.`
    return { problem: `'${written}' is no number of cores; ${remedy}` }
  },
  path: (written, dir) =>
    written === '' ? { problem: 'expected a path, found nothing.' } : readPath(written, dir),
  'optional-path': (written, dir) => (written === '' ? { value: '' } : readPath(written, dir)),
  /** A program or argument: only what clearly is a relative path becomes absolute. */
  command: (written, dir) => ({ value: resolveDotted(written, dir) }),
  /** Folders with colons between them, as in PATH. */
  'search-path': (written, dir) => ({
    value: written
      .split(':')
      .map((entry) => resolveDotted(entry, dir))
      .join(':'),
  }),
}

/** No Jupyter server lives in less: whoever writes `memory: 4` means gigabytes. */
const leastMemoryBytes = 16 * 1024 ** 2

/** The kernel takes nothing below a hundredth of one core. */
const fewestCores = 0.01

/** 0 is no limit too, as in TLJH. */
const isNone = (written: string): boolean =>
  written === 'none' || /^0+(?:\.0+)?$/.test(written.trim())

function readMemoryLimit(written: string): Decoded {
  if (isNone(written)) return { value: 0 }
  const value = parseSize(written)
  const remedy = 'write a size such as 512M or 2G, or none.'
  if (value === undefined) return { problem: `'${written}' is not a size; ${remedy}` }
  if (value >= leastMemoryBytes) return { value }
  return { problem: `'${written}' is too little for a server; ${remedy}` }
}

function readPath(written: string, dir: string): Decoded {
  if (/^~(?:\/|$)/.test(written)) return { problem: "'~' is not understood; write the whole path." }
  return { value: resolve(dir, written) }
}

const resolveDotted = (entry: string, dir: string): string =>
  !isAbsolute(entry) && /^\.\.?(?:\/|$)/.test(entry) ? resolve(dir, entry) : entry

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
}

/** `'512M'`, `'2G'`, `'1000'` → bytes; undefined when it is none of these. K, M, G and T are powers of 1024. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15})\s*([KMGT]?)$/i.exec(text.trim())
  const factor = sizeUnits[match?.[2]?.toUpperCase() ?? '-']
  const bytes = factor === undefined ? NaN : Number(match?.[1]) * factor
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
