/** What `soak.ts` and `lessons.ts` say of what they have seen: whether all is as it was, and a plot over time. */
import { median } from './bench-machine.ts'

export type Look = {
  readonly seconds: number
  readonly memoryMiB: number
  readonly files: number
  readonly processes: number
  readonly p99Ms: number
}

/** Memory that the garbage collector has not asked for back yet makes it differ by this much. */
const mostGrowth = 1.15
const mostHubGrowth = 1.1
const mostSlower = 2

/** Whoever asks steadily has up to eight connections to their server, and sometimes one is enough. */
const mostFilesMore = 10

const [width, height, left, gap] = [720, 90, 90, 34]

type Panel<Row> = { readonly what: string; readonly of: (row: Row) => number }

const ofHub: readonly Panel<Look>[] = [
  { what: 'memory, MiB', of: ({ memoryMiB }) => memoryMiB },
  { what: 'open files', of: ({ files }) => files },
  { what: 'processes', of: ({ processes }) => processes },
  { what: 'p99, ms', of: ({ p99Ms }) => p99Ms },
]

const ofLessons: readonly Panel<Lesson>[] = [
  { what: 'of a server with its kernel, MiB', of: ({ serverMiB }) => serverMiB },
  { what: 'of what is forked, MiB', of: ({ zygoteMiB }) => zygoteMiB },
  { what: 'of the hub, MiB', of: ({ hubMiB }) => hubMiB },
  { what: 'processes when all have gone', of: ({ processes }) => processes },
]

export function plotOverTime(looks: readonly Look[]): string {
  const longest = Math.max(1, ...looks.map(({ seconds }) => seconds))
  const minutes = `${Math.round(longest / 60)} minutes`
  const title = `The hub over ${minutes} of coming and going`
  const at = looks.map(({ seconds }) => seconds / longest)
  return plot({ rows: looks, at, panels: ofHub, title, end: minutes })
}

export function plotLessons(lessons: readonly Lesson[]): string {
  const end = `${lessons.length} lessons`
  const title = `Memory and processes over ${end}`
  const at = lessons.map((_, index) => index / Math.max(1, lessons.length - 1))
  return plot({ rows: lessons, at, panels: ofLessons, title, end })
}

type Drawing<Row> = {
  readonly rows: readonly Row[]
  /** Where each of them is, from 0 to 1. */
  readonly at: readonly number[]
  readonly panels: readonly Panel<Row>[]
  readonly title: string
  /** What is written where the last one is. */
  readonly end: string
}

function plot<Row>({ rows, at, panels, title, end }: Drawing<Row>): string {
  const drawn = panels.map(({ what, of }, index) => {
    const top = 20 + index * (height + gap)
    const most = Math.max(1, ...rows.map(of))
    const points = rows.map((row, number) => {
      const x = left + (at[number] ?? 0) * (width - left - 20)
      return `${x.toFixed(1)},${(top + height - (of(row) / most) * height).toFixed(1)}`
    })
    return `<text x="${left - 8}" y="${top + 10}" text-anchor="end">${most.toFixed(0)}</text>
<text x="${left - 8}" y="${top + height}" text-anchor="end">0</text>
<text x="${left}" y="${top - 6}">${what}</text>
<path d="M${left} ${top}V${top + height}H${width - 20}" fill="none" stroke="#999"/>
<polyline points="${points.join(' ')}" fill="none" stroke="#3b7dd8" stroke-width="1.5"/>`
  })
  const bottom = 20 + panels.length * (height + gap)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 10}" font-family="sans-serif" font-size="11" role="img" aria-label="${title}">
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join('\n')}
<text x="${width - 20}" y="${bottom}" text-anchor="end">${end}</text>
</svg>
`
}

/**
 * @param counts of what was done, so that a check of nothing does not pass.
 * The first part is for code to be compiled and caches to fill. */
export function problemsOf(
  looks: readonly Look[],
  counts: Readonly<Record<string, number>>,
): string[] {
  const last = looks.at(-1)
  const early = looks.slice(Math.floor(looks.length / 5), Math.ceil(looks.length / 2))
  const late = looks.slice(Math.floor(looks.length * 0.75), -1)
  if (!last || early.length === 0 || late.length === 0) return ['it was not looked often enough']
  const grown = (of: (look: Look) => number): number => median(late.map(of)) / median(early.map(of))
  const fewestFiles = Math.min(...looks.map(({ files }) => files))
  return [
    ...(grown(({ memoryMiB }) => memoryMiB) > mostGrowth ? ['its memory has grown'] : []),
    ...(grown(({ p99Ms }) => p99Ms) > mostSlower ? ['small pages have become slower'] : []),
    ...(last.files > fewestFiles + mostFilesMore
      ? [`${last.files - fewestFiles} files are left open`]
      : []),
    ...(last.processes > 1 ? [`${last.processes - 1} processes are left`] : []),
    ...Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [`no ${what}`] : [])),
  ]
}

export type Lesson = {
  /** Of a server with its kernel, what is shared divided. */
  readonly serverMiB: number
  readonly zygoteMiB: number
  readonly hubMiB: number
  /** When all have gone. */
  readonly processes: number
  /** Students who had no first cell. */
  readonly without: number
}

/**
 * The first lessons, after one to warm up, against the last ones. A hub compiles its code and lets its heap fill for
 * longer than that, so it is compared with what it was shortly before.
 */
export function lessonProblems(lessons: readonly Lesson[]): string[] {
  const some = Math.floor(lessons.length / 4)
  if (some === 0) return ['there were not enough lessons']
  const [first, last] = [lessons.slice(1, 1 + some), lessons.slice(-some)]
  const before = lessons.slice(-2 * some, -some)
  const grown = (of: (lesson: Lesson) => number, since = first): number =>
    median(last.map(of)) / median(since.map(of))
  const missing = lessons.reduce((sum, { without }) => sum + without, 0)
  return [
    ...(missing > 0 ? [`${missing} times a student was left without a cell`] : []),
    ...(grown(({ serverMiB }) => serverMiB) > mostGrowth ? ['servers have grown'] : []),
    ...(grown(({ zygoteMiB }) => zygoteMiB) > mostGrowth ? ['what is forked has grown'] : []),
    ...(grown(({ hubMiB }) => hubMiB, before) > mostHubGrowth ? ['the hub has grown'] : []),
    ...(grown(({ processes }) => processes) > 1 ? ['processes are left behind'] : []),
  ]
}
