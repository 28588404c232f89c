/** Compares our front door with other proxies: processor time for each request, message and byte. */
import { benchIdle } from './bench-idle.ts'
import { load, openSockets, type Load } from './bench-load.ts'
import { cpuSecondsOf, memoryKiBOf, watchDisturbance } from './bench-machine.ts'
import { isClean, lineOf, type Sample } from './bench-report.ts'
import {
  end,
  hubSubject,
  otherSubjects,
  peerSubject,
  prefix,
  startUpstream,
  type Running,
  type Subject,
} from './bench-subjects.ts'

export type ProxyOptions = {
  readonly rounds: number
  readonly seconds: number
  /** Only work whose name has this in it, and only these subjects; empty: all. */
  readonly only: string
  readonly subjects: readonly string[]
  tell(line: string): void
}

/** @returns units of work done, and what else is worth keeping. */
type Work = {
  readonly name: string
  readonly unit: string
  run(target: Target, seconds: number): Promise<{ units: number; details: Record<string, number> }>
}

type Target = { readonly port: number; readonly received: () => Promise<number> }

/** For the slowest to be compiled, and for pools to fill. */
const warmUpSeconds = 5

const mebibyte = 1024 ** 2

const requests = (name: string, order: Omit<Load, 'seconds'>): Work => ({
  name,
  unit: 'µs/request',
  async run({ port }, seconds) {
    const { requests: units, ...rest } = await load(port, { ...order, seconds })
    return { units, details: { perSecond: units / seconds, p50Ms: rest.p50Ms, p99Ms: rest.p99Ms } }
  },
})

const download: Work = {
  name: '10 MiB down × 8',
  unit: 'µs/MiB',
  async run({ port }, seconds) {
    const { bytes } = await load(port, {
      path: '10m',
      answerBytes: 10 * mebibyte,
      connections: 8,
      seconds,
    })
    return { units: bytes / mebibyte, details: { mibPerSecond: bytes / mebibyte / seconds } }
  },
}

const upload: Work = {
  name: '10 MiB up × 4',
  unit: 'µs/MiB',
  async run({ port, received }, seconds) {
    const before = await received()
    await load(port, {
      path: 'up',
      answerBytes: 2,
      connections: 4,
      seconds,
      uploadBytes: 10 * mebibyte,
    })
    const units = ((await received()) - before) / mebibyte
    return { units, details: { mibPerSecond: units / seconds } }
  },
}

const messages = (name: string, sockets: number, messageBytes: number): Work => ({
  name,
  unit: 'µs/message',
  async run({ port }, seconds) {
    const opened = await openSockets(port, { sockets, messageBytes, seconds })
    const { messages: units, ...details } = await opened.report()
    return { units, details: { ...details, perSecond: units / seconds } }
  },
})

const works: readonly Work[] = [
  requests('1 KiB × 64', { path: '1k', answerBytes: 1024, connections: 64 }),
  requests('64 KiB × 32', { path: '64k', answerBytes: 65536, connections: 32 }),
  download,
  upload,
  messages('WebSocket 128 B × 100', 100, 128),
  messages('WebSocket 32 KiB × 16', 16, 32 * 1024),
]

type Measured = Running & { readonly subject: Subject }

/** One that somebody disturbed is tried again, but not for ever. */
const mostTries = 3

export async function benchProxy(options: ProxyOptions): Promise<Sample[]> {
  const upstream = await startUpstream()
  const received = async (): Promise<number> => (await upstream.seen()).received
  const wanted = ({ name }: Subject): boolean =>
    options.subjects.length === 0 || options.subjects.includes(name)
  const subjects = [
    hubSubject(upstream.port, { users: 2, active: 1 }),
    peerSubject(upstream.port),
    ...otherSubjects(upstream.port),
  ].filter(wanted)
  try {
    const samples = [
      ...(await benchWork(subjects, received, options)),
      ...(await benchRoutes(upstream.port, received, options)),
      ...(await benchIdle(subjects, options)),
    ]
    const { leaked } = await upstream.seen()
    const hubAlone = subjects.every(({ name }) => name === 'littlehub')
    if (leaked > 0 && hubAlone) throw new Error('the cookie of the hub reached a server')
    return samples
  } finally {
    await end(upstream)
  }
}

async function benchWork(
  subjects: readonly Subject[],
  received: Target['received'],
  options: ProxyOptions,
): Promise<Sample[]> {
  const todo = works.filter(({ name }) => name.includes(options.only))
  if (todo.length === 0) return []
  const proxies: Measured[] = []
  try {
    for (const subject of subjects) proxies.push({ ...(await subject.start()), subject })
    for (const proxy of proxies) await checkAnswers(proxy)
    return await inRounds(todo, { proxies, received, options })
  } finally {
    for (const proxy of proxies) await end(proxy)
  }
}

type Round = {
  readonly proxies: readonly Measured[]
  readonly received: Target['received']
  readonly options: ProxyOptions
}

async function inRounds(todo: readonly Work[], { proxies, received, options }: Round) {
  const samples: Sample[] = []
  for (const work of todo)
    for (const { port } of proxies) await work.run({ port, received }, warmUpSeconds)
  for (let round = 1; round <= options.rounds; round++)
    for (const work of todo)
      for (const proxy of proxies) {
        const taken = await measure(work, proxy, { received, round, options })
        samples.push(...taken)
      }
  return samples
}

type Place = {
  readonly received: Target['received']
  readonly round: number
  readonly options: ProxyOptions
}

async function measure(work: Work, proxy: Measured, place: Place): Promise<Sample[]> {
  const { options, received, round } = place
  let sample: Sample | undefined
  for (let tries = 0; tries < mostTries && !(sample && isClean(sample)); tries++) {
    const watch = watchDisturbance()
    const before = cpuSecondsOf(proxy.pid)
    const { units, details } = await work.run({ port: proxy.port, received }, options.seconds)
    const cpuSeconds = cpuSecondsOf(proxy.pid) - before
    const disturbance = watch(cpuSeconds)
    const value = (cpuSeconds * 1e6) / units
    const memoryMiB = memoryKiBOf(proxy.pid) / 1024
    const { name: subject } = proxy.subject
    sample = {
      ...{ work: work.name, subject, round, value, unit: work.unit, disturbance },
      details: { ...details, units, cpuSeconds, memoryMiB },
    }
    options.tell(lineOf(sample))
  }
  if (!sample) return []
  const tail = work.name === '1 KiB × 64' ? [tailOf(sample)] : []
  return [sample, ...tail]
}

const tailOf = (sample: Sample): Sample => ({
  ...sample,
  work: '1 KiB × 64, p99',
  unit: 'ms',
  value: sample.details['p99Ms'] ?? NaN,
})

/** A rate of wrong answers is none. */
async function checkAnswers({ port, subject }: Measured): Promise<void> {
  for (const [path, bytes] of [
    ['1k', 1024],
    ['64k', 65536],
    ['10m', 10 * mebibyte],
  ] as const) {
    const headers = { cookie: 'littlehub-session=session 2' }
    const answer = await fetch(`http://127.0.0.1:${port}${prefix}/${path}`, { headers })
    const { byteLength } = await answer.arrayBuffer()
    if (!answer.ok || byteLength !== bytes)
      throw new Error(`${subject.name} answered ${answer.status} with ${byteLength} bytes`)
  }
}

const manyRoutes = 10_000

/** All of them, and a school's worth. */
const routesInUse = [manyRoutes - 1, 100]

/** Two hubs, with one route and with many: each request is of the next user, with another cookie and route. */
async function benchRoutes(
  upstream: number,
  received: Target['received'],
  options: ProxyOptions,
): Promise<Sample[]> {
  const todo = routesInUse
    .map((used) => ({ used, name: `1 KiB × 64, any of ${used} of ${manyRoutes} routes` }))
    .filter(({ name }) => name.includes(options.only))
  if (todo.length === 0) return []
  const subjects = [1, manyRoutes - 1].map((active) => {
    const hub = hubSubject(upstream, { users: active + 1, active })
    return { users: active, subject: { ...hub, name: active === 1 ? 'one route' : 'littlehub' } }
  })
  const proxies: (Measured & { readonly users: number })[] = []
  const samples: Sample[] = []
  const workOf = (name: string, users: number): Work =>
    requests(name, { path: '1k', answerBytes: 1024, connections: 64, users })
  try {
    for (const { subject, users } of subjects)
      proxies.push({ ...(await subject.start()), subject, users })
    for (const proxy of proxies) await meetEverybody(workOf('', proxy.users), proxy, received)
    for (let round = 1; round <= options.rounds; round++)
      for (const { used, name } of todo)
        for (const proxy of proxies) {
          const work = workOf(name, Math.min(used, proxy.users))
          samples.push(...(await measure(work, proxy, { received, round, options })))
        }
  } finally {
    for (const proxy of proxies) await end(proxy)
  }
  return samples
}

/** Who asks for the first time is looked up in the store, which is another row's affair. Each time begins with the first. */
async function meetEverybody(
  work: Work,
  proxy: Measured & { users: number },
  received: Target['received'],
) {
  let met = 0
  while (met < 2 * proxy.users)
    met = (await work.run({ port: proxy.port, received }, meetingSeconds)).units
}

const meetingSeconds = 6
