/** What `bench.ts` prints and writes: a table of ratios, a JSON file, a plot. */
import { isDisturbed, median, type Disturbance } from './bench-machine.ts'

/** One subject at one work in one round. */
export type Sample = {
  readonly work: string
  readonly subject: string
  readonly round: number
  /** Less is better: processor time of the proxy for each unit, or what the work says. */
  readonly value: number
  readonly unit: string
  readonly disturbance?: Disturbance
  readonly details: Readonly<Record<string, number>>
}

/** For whoever watches. */
export const lineOf = ({ work, subject, value, unit, disturbance, details }: Sample): string =>
  `${work}: ${subject} ${value.toFixed(2)} ${unit} ${JSON.stringify(details)}` +
  (disturbance
    ? ` others ${(100 * disturbance.others).toFixed(0)} % stolen ${(100 * disturbance.stolen).toFixed(0)} %`
    : '')

export type Row = {
  readonly work: string
  readonly subject: string
  readonly unit: string
  readonly value: number
  readonly least: number
  readonly most: number
  readonly rounds: number
  readonly disturbed: number
  /** How many times better than the one compared with; undefined: it cannot be said. */
  readonly ratio: number | undefined
}

/** A subject whose clean rounds differ more than this was disturbed by something that was not seen. */
const worstSpread = 1.6

export const ours = 'littlehub'

export function rowsOf(samples: readonly Sample[]): Row[] {
  const keys = [...new Set(samples.map(({ work, subject }) => `${work}\n${subject}`))]
  return keys.map((key) => {
    const own = samples.filter(({ work, subject }) => `${work}\n${subject}` === key)
    const { work = '', subject = '', unit = '' } = own[0] ?? {}
    const clean = own.filter(isClean)
    const values = clean.map(({ value }) => value)
    return {
      ...{ work, subject, unit },
      value: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
      rounds: clean.length,
      disturbed: own.length - clean.length,
      ratio: subject === ours ? undefined : ratioOf(samples, work, subject),
    }
  })
}

export const isClean = ({ disturbance, unit }: Sample): boolean =>
  disturbance === undefined || !isDisturbed(disturbance, unit === 'ms' ? 'clock' : 'processor time')

/** Of rounds in which neither was disturbed, the median. */
function ratioOf(samples: readonly Sample[], work: string, subject: string): number | undefined {
  const cleanOf = (name: string): Sample[] =>
    samples.filter((one) => one.work === work && one.subject === name && isClean(one))
  const [mine, theirs] = [cleanOf(ours), cleanOf(subject)]
  if (isScattered(mine) || isScattered(theirs)) return undefined
  const pairs = mine.flatMap((one) => {
    const other = theirs.find(({ round }) => round === one.round)
    return other ? [other.value / one.value] : []
  })
  // Where somebody never came to the end there is no time to compare with.
  return pairs.length === 0 || pairs.some(Number.isNaN) ? undefined : median(pairs)
}

function isScattered(samples: readonly Sample[]): boolean {
  // A tail is decided by a few requests: it scatters by itself, and the median bears that.
  if (samples.some(({ unit }) => unit === 'ms')) return false
  const values = samples.map(({ value }) => value)
  return values.length === 0 || Math.max(...values) / Math.min(...values) > worstSpread
}

const columns = ['work', 'proxy', 'median', '', 'least–most', 'rounds', 'littlehub is']

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.work,
    row.subject,
    short(row.value),
    row.unit,
    `${short(row.least)}–${short(row.most)}`,
    `${row.rounds}${row.disturbed > 0 ? ` (${row.disturbed} disturbed)` : ''}`,
    row.subject === ours ? '' : row.ratio === undefined ? 'no ratio' : `${row.ratio.toFixed(2)} ×`,
  ])
  const all = [columns, ...lines]
  const widths = columns.map((_, index) =>
    Math.max(...all.map((line) => (line[index] ?? '').length)),
  )
  return all
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const short = (value: number): string =>
  Number.isFinite(value) ? (value >= 100 ? value.toFixed(0) : value.toPrecision(3)) : '?'

const [barHeight, gap, left, width] = [14, 3, 300, 420]
const colours: Readonly<Record<string, string>> = {
  'configurable-http-proxy': '#9a9a9a',
  nginx: '#3b7dd8',
  haproxy: '#7a52c7',
  caddy: '#2f9e79',
}

/** Bars of how many times as much work ours does in the same processor time; the line is as much. */
export function plotOf(rows: readonly Row[], caption: string): string {
  const bars = rows.flatMap((row) =>
    row.ratio === undefined ? [] : [{ ...row, ratio: row.ratio }],
  )
  const most = Math.max(1, ...bars.map(({ ratio }) => ratio))
  const scale = (width - 60) / most
  const height = bars.length * (barHeight + gap) + 50
  const drawn = bars.map(({ work, subject, ratio }, index) => {
    const y = 30 + index * (barHeight + gap)
    const end = left + ratio * scale
    return `<text x="${left - 6}" y="${y + 11}" text-anchor="end">${work} / ${subject}</text>
<rect x="${left}" y="${y}" width="${(ratio * scale).toFixed(1)}" height="${barHeight}" fill="${colours[subject] ?? '#777'}"/>
<text x="${(end + 5).toFixed(1)}" y="${y + 11}">${ratio.toFixed(2)} ×</text>`
  })
  const one = (left + scale).toFixed(1)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width} ${height}" font-family="sans-serif" font-size="11" role="img" aria-label="${caption}">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="18" font-size="12">${caption}</text>
${drawn.join('\n')}
<line x1="${one}" x2="${one}" y1="26" y2="${height - 20}" stroke="#c33" stroke-dasharray="3 3"/>
<text x="${one}" y="${height - 6}" text-anchor="middle" fill="#c33">as much</text>
</svg>
`
}
