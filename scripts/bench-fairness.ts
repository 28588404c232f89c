/** Whether somebody's small requests wait for what others do: logins, long lists, downloads, slow readers, or attacks. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { createBrowser } from '../test/support/browser.ts'
import { crowdSecret, nameOf } from '../test/support/crowd.ts'
import { headOf } from './bench-load.ts'
import { loadCore, proxyCore, watchMachine } from './bench-machine.ts'
import { type Sample } from './bench-report.ts'
import { end, hubSubject, startUpstream, type Running } from './bench-subjects.ts'
import { askSteadily, type Asking } from './bench-asking.ts'

export type FairnessOptions = {
  readonly rounds: number
  /** At least so long each time. */
  readonly seconds: number
  readonly only: string
  tell(line: string): void
}

/** For code to be compiled, and rights to be looked up: a hub is asked for weeks. */
const warmRounds = 2

/** Of fewer, the slowest hundredth is a matter of luck. */
const fewestAnswers = 1000

/** What a class of sixty asks for while it works, generously. */
const steady = { connections: 32, perSecond: 400 } as const

const users = 10_000
const people = 50
const slowReaders = 50

/**
 * Who asks, and the server that answers, stand for other machines and other cores: they get theirs at once. Programs of
 * the company get what is left of it. What is measured is who waits in the hub, not there.
 */
const first = ['chrt', '--rr', '1']
const idle = ['chrt', '--idle', '0']

function canBeFirst(): boolean {
  try {
    execFileSync('chrt', ['--rr', '1', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const becomeIdle = (): void => {
  const words = ['--all-tasks', '--idle', '--pid', '0', String(process.pid)]
  execFileSync('chrt', words, { stdio: 'ignore' })
}

/** Until the signal; what has begun by then may end. */
export type Company = {
  readonly name: string
  run(url: string, signal: AbortSignal): Promise<void>
}

export const fairCompanies: readonly Company[] = [
  { name: `${people} log in at once`, run: logIn },
  { name: `all ${users} users are listed`, run: listUsers },
  { name: 'a download without an end', run: (url, signal) => download(url, signal, 0) },
  { name: 'a slow reader', run: readSlowly },
  {
    name: `${slowReaders} slow readers`,
    async run(url, signal) {
      await Promise.all(Array.from({ length: slowReaders }, () => readSlowly(url, signal)))
    },
  },
]

async function logIn(url: string, signal: AbortSignal): Promise<void> {
  const one = async (id: number): Promise<void> => {
    const browser = createBrowser(url)
    const page = await browser.open('/hub/login')
    const [username, password] = [nameOf(id), `quite a long secret of ${id}`]
    const answer = await browser.submit(page, /password/, { username, password })
    if (answer.status >= 400) throw new Error(`a login was answered with ${answer.status}`)
  }
  do await Promise.all(Array.from({ length: people }, (_, index) => one(index + 2)))
  while (!signal.aborted)
}

/** As the admin page of JupyterHub and every script do: one page after the other. */
async function listUsers(url: string, signal: AbortSignal): Promise<void> {
  do
    for (let offset = 0; offset < users && !signal.aborted; offset += 200) {
      const headers = { authorization: `token ${crowdSecret}` }
      const answer = await fetch(`${url}/hub/api/users?offset=${offset}&limit=200`, { headers })
      const { length } = (await answer.json()) as unknown[]
      if (length !== 200) throw new Error(`a page of ${length} users`)
    }
  while (!signal.aborted)
}

function readSlowly(url: string, signal: AbortSignal): Promise<void> {
  return download(url, signal, 50)
}

/** @param pauseMs between what is read, which a socket's buffers bound */
async function download(url: string, signal: AbortSignal, pauseMs: number): Promise<void> {
  const headers = { cookie: 'littlehub-session=session 3' }
  // As browsers do; without an agent Node asks for the connection to be closed.
  const agent = new http.Agent({ keepAlive: true })
  const request = http.get(`${url}/user/${nameOf(3)}/2g`, { headers, agent })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`answered with ${response.statusCode}`)
  signal.addEventListener('abort', () => request.destroy())
  try {
    for await (const _ of response) {
      if (signal.aborted) break
      if (pauseMs > 0) await wait(pauseMs)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

export async function benchFairness(
  companies: readonly Company[],
  options: FairnessOptions,
): Promise<Sample[]> {
  // One core is the hub's alone; what it needs beyond that it shares with the others.
  execFileSync('taskset', ['-acp', loadCore, String(process.pid)], { stdio: 'ignore' })
  const before = canBeFirst() ? first : []
  if (before.length === 0)
    options.tell(
      'Not root: those who ask wait for their core as well, and what the host takes counts.',
    )
  const upstream = await startUpstream(...before)
  const companyUpstream = await startUpstream(...idle)
  const other = `http://127.0.0.1:${companyUpstream.port}`
  const size = { users, active: people, passwords: people, other }
  const hub = await hubSubject(upstream.port, size, `${proxyCore},${loadCore}`).start()
  const [head, leaveOutDisturbed] = [headOf('GET', '1k'), before.length > 0]
  const order = { ...steady, port: hub.port, head, leaveOutDisturbed }
  const asking = await askSteadily(order, ...before)
  becomeIdle()
  const samples: Sample[] = []
  try {
    const todo = companies.filter(({ name }) => name.includes(options.only))
    for (let round = 1 - warmRounds; round <= options.rounds; round++)
      for (const company of todo) {
        const quiet = await during({ options, hub, asking })
        const loud = await during({ options, hub, asking, company })
        if (round > 0)
          samples.push(
            { ...quiet, work: company.name, subject: 'nobody else', round },
            { ...loud, work: company.name, subject: 'littlehub', round },
          )
        options.tell(`${company.name}, round ${round}: ${JSON.stringify([quiet, loud])}`)
      }
    return samples
  } finally {
    for (const each of [asking, hub, upstream, companyUpstream]) await end(each)
  }
}

type During = {
  readonly options: FairnessOptions
  readonly hub: Running
  readonly asking: Asking
  readonly company?: Company
}

async function during({
  options,
  hub,
  asking,
  company,
}: During): Promise<Omit<Sample, 'work' | 'subject' | 'round'>> {
  await asking.report()
  const watch = watchMachine(process.pid)
  const signal = AbortSignal.timeout(options.seconds * 1000)
  if (company) await company.run(`http://127.0.0.1:${hub.port}`, signal)
  else await wait(options.seconds * 1000)
  const details = await asking.report()
  if (!signal.aborted) throw new Error(`${company?.name ?? 'Nobody'}: over too soon`)
  const { others, stolen } = watch()
  // What was begun ends.
  await wait(300)
  // What the host disturbed was left out already, as long as enough is left.
  const disturbance = { others, stolen: details.answers < fewestAnswers ? stolen : 0 }
  return { value: details.p99Ms, unit: 'ms', disturbance, details }
}
