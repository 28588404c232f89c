/** Metrics in the text format of Prometheus: counters, gauges that are read when asked for, histograms, summaries. */

/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>

export type Counter = { add(labels?: Labels): void }
export type Summary = { observe(value: number): void }
export type Histogram = { observe(value: number, labels?: Labels): void }

/** A metric with these labels exists, at zero, before anything happened. */
type Described = {
  readonly name: string
  readonly help: string
  readonly initial?: readonly Labels[]
}

export interface Registry {
  counter(metric: Described): Counter
  /** @param read all of its samples, asked for at every scrape; `type` counter: they only ever rise */
  gauge(
    metric: Described & { readonly type?: 'counter' },
    read: () => readonly { labels?: Labels; value: number }[],
  ): void
  /** @param metric.buckets upper bounds, ascending, without the infinite one */
  histogram(metric: Described & { readonly buckets: readonly number[] }): Histogram
  /** Its quantiles are those of the last thousand values. */
  summary(metric: Described): Summary
  /** @see Prometheus: exposition formats, text format 0.0.4 */
  render(): string
}

type Series = { readonly labels: Labels; sum: number; count: number; readonly counts: number[] }

export function createRegistry(): Registry {
  const families: (() => string[])[] = []

  const family = ({ name, help }: Described, type: string, lines: () => string[]): void => {
    families.push(() => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines()])
  }

  return {
    counter(metric) {
      const { name, initial = [{}] } = metric
      const values = createSeries(initial, 0)
      family(metric, 'counter', () =>
        values.list().map(({ labels, count }) => line(name, labels, count)),
      )
      return { add: (labels = {}) => void (values.get(labels).count += 1) }
    },
    gauge(metric, read) {
      family(metric, metric.type ?? 'gauge', () =>
        read().map(({ labels = {}, value }) => line(metric.name, labels, value)),
      )
    },
    histogram(metric) {
      const { name, buckets, initial = [{}] } = metric
      const values = createSeries(initial, buckets.length)
      family(metric, 'histogram', () =>
        values.list().flatMap((series) => histogramLines(name, buckets, series)),
      )
      return {
        observe(value, labels = {}) {
          const series = values.get(labels)
          series.sum += value
          series.count += 1
          const index = buckets.findIndex((bound) => value <= bound)
          if (index >= 0) series.counts[index] = (series.counts[index] ?? 0) + 1
        },
      }
    },
    summary(metric) {
      const recent = createRecent()
      family(metric, 'summary', () => recent.lines(metric.name))
      return { observe: (value) => recent.add(value) }
    },
    render: () => `${families.flatMap((lines) => lines()).join('\n')}\n`,
  }
}

/** What `prom-client` and others show of a summary unless told otherwise. */
const quantiles = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999]

const keptValues = 1000

/** A ring of the last values, so that a summary costs the same whatever it has seen. */
function createRecent() {
  const values = new Float64Array(keptValues)
  let count = 0
  let sum = 0
  return {
    add(value: number): void {
      values[count % keptValues] = value
      count += 1
      sum += value
    },
    lines(name: string): string[] {
      const sorted = values.slice(0, Math.min(count, keptValues)).sort()
      const at = (quantile: number): number =>
        sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? 0
      return [
        ...quantiles.map((quantile) => line(name, { quantile: String(quantile) }, at(quantile))),
        line(`${name}_sum`, {}, sum),
        line(`${name}_count`, {}, count),
      ]
    },
  }
}

function createSeries(initial: readonly Labels[], bucketCount: number) {
  const byLabels = new Map<string, Series>()
  const get = (labels: Labels): Series => {
    const key = JSON.stringify(labels)
    const known = byLabels.get(key)
    if (known) return known
    const counts = Array<number>(bucketCount).fill(0)
    const made = { labels, sum: 0, count: 0, counts }
    byLabels.set(key, made)
    return made
  }
  initial.forEach(get)
  return { get, list: () => [...byLabels.values()] }
}

function histogramLines(name: string, buckets: readonly number[], series: Series): string[] {
  let below = 0
  const bounded = buckets.map((bound, index) => {
    below += series.counts[index] ?? 0
    return line(`${name}_bucket`, { ...series.labels, le: boundOf(bound) }, below)
  })
  return [
    ...bounded,
    line(`${name}_bucket`, { ...series.labels, le: '+Inf' }, series.count),
    line(`${name}_sum`, series.labels, series.sum),
    line(`${name}_count`, series.labels, series.count),
  ]
}

/** Whole numbers have a fraction, as `prometheus_client` writes them and dashboards ask for them. */
const boundOf = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound))

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
