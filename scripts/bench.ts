/** `npm run bench`: runs the sections that are named, prints one table of ratios, writes JSON and a plot. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  describeMachine,
  loadCore,
  proxyCore,
  versionOf,
  worstOthers,
  worstStolen,
} from './bench-machine.ts'
import { benchClass } from './bench-class.ts'
import { attacks } from './bench-attacks.ts'
import { benchFairness, fairCompanies, type Company } from './bench-fairness.ts'
import { benchProxy } from './bench-proxy.ts'
import { plotOf, rowsOf, tableOf, type Sample } from './bench-report.ts'

const usage = `usage: npm run bench -- [proxy] [fairness] [attacks] [class] [--rounds N] [--seconds N] [--only TEXT] [--subjects A,B] [--verbose]

Measures the hub as a process: front door, logins, routes and activity are on. Load comes from wrk, and WebSockets
from a client of our own. What stands beside it does no logins. Without a section: proxy and fairness.

  proxy       against configurable-http-proxy (installed by npm into .littlehub/bench), and nginx, haproxy and caddy
              where they are installed
  fairness    how long small requests take while others log in, list all users, download, read slowly
  attacks     the same while one hostile student sends, or has their server send, what takes long to read
  class       students who log in, start a server and run a first cell, all at once, against JupyterHub with its proxy

  --rounds N      how often everything is measured, one proxy after the other (3)
  --seconds N     how long each time (2)
  --only TEXT     only work with this in its name
  --students A,B  how many in a class (10,20)
  --subjects A,B  only these proxies, or hubs
  --verbose       every measurement, as it is made
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    students: { type: 'string', default: '10,20' },
    subjects: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const places = path.resolve(import.meta.dirname, '..', '.littlehub', 'bench')

const percent = (part: number): string => `${100 * part} %`

const proxyExplanation = `Processor time of the proxy's process (all threads, from /proc) for each unit of work; the proxy alone on core ${proxyCore},
load and upstream on another. Rounds are interleaved; a ratio is the median over rounds, and says how many times as much
work littlehub does in the same processor time (for times and memory: how many times less it takes). littlehub checks
logins and rights on every request; the others only route. A measurement counts as disturbed when others used more than
${percent(worstOthers['processor time'])} of the proxy's core (${percent(worstOthers.clock)} for times in ms, which bear no company), or the host took more than ${percent(worstStolen)}.
It is repeated, and where the rounds that are left differ too much, no ratio is printed.`

const classExplanation = `Each student is a browser without pictures: logs in, has the server started, reads the progress until it is ready,
opens JupyterLab, starts a kernel, runs a first cell over its WebSocket. Seconds from the login page. One hub after the
other, each new, with the same user environment; littlehub after it has prepared warm starts, "cold": without them;
JupyterHub "patient": with limits of time at which nothing fails for slowness. Memory: what servers and kernels have, what
is shared divided among those who share it (PSS). Where the rounds differ too much, no ratio is printed.`

const fairnessExplanation = `The 99th percentile of small requests to a user's server, sent at a steady pace and timed from when each was due, in
each round once with nobody else there and once in the company that is named. The hub may use both cores; everything else
is on core ${loadCore}, where the company gets what the others leave, so that nobody waits for it but in the hub. The ratio says
how far company makes it longer: 0.5 is twice as long. Root's clients go before all others on their core, as if they had a
machine of their own, and then answers of moments in which the host took processor time, or the client stood still, do
not count. A measurement counts as disturbed when too few answers are left, or when others used more than
${percent(worstOthers.clock)} of the machine.`

const explanations: Readonly<Record<Section, string>> = {
  proxy: proxyExplanation,
  fairness: fairnessExplanation,
  attacks: fairnessExplanation,
  class: classExplanation,
}

const captions: Readonly<Record<Section, string>> = {
  proxy: 'How many times as much work littlehub does in the same processor time',
  attacks: 'How long small requests take alone, as a part of how long beside an attack',
  fairness: 'How long small requests take alone, as a part of how long in company',
  class: 'How many times sooner, and with how many times less, littlehub does it',
}

const sections = {
  proxy: measureProxy,
  fairness: () => measureFairness(fairCompanies),
  attacks: () => measureFairness(attacks),
  class: measureClass,
}

type Section = keyof typeof sections

const listOf = (text: string): string[] => (text === '' ? [] : text.split(','))

const tell = (line: string): void => void process.stderr.write(values.verbose ? `${line}\n` : '.')

async function measureProxy(): Promise<Sample[]> {
  if (versionOf('wrk', '-v') === undefined) throw new Error('wrk is missing: apt-get install wrk')
  return benchProxy({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    only: values.only,
    subjects: listOf(values.subjects),
    tell,
  })
}

function measureFairness(companies: readonly Company[]): Promise<Sample[]> {
  const { rounds, seconds, only } = values
  return benchFairness(companies, {
    rounds: Number(rounds),
    seconds: Number(seconds),
    only,
    tell,
  })
}

function measureClass(): Promise<Sample[]> {
  return benchClass({
    rounds: Number(values.rounds),
    students: listOf(values.students).map(Number),
    subjects: listOf(values.subjects),
    tell,
  })
}

async function main(section: Section): Promise<void> {
  const began = new Date()
  const samples = await sections[section]()
  const rows = rowsOf(samples)
  const machine = describeMachine()
  process.stdout.write(`\n${machine}\n\n${tableOf(rows)}\n\n${explanations[section]}\n`)
  mkdirSync(places, { recursive: true })
  const file = path.join(
    places,
    `${section}-${began.toISOString().replaceAll(':', '-').slice(0, 19)}`,
  )
  writeFileSync(
    `${file}.json`,
    `${JSON.stringify({ machine, began, rows, samples }, undefined, 1)}\n`,
  )
  writeFileSync(`${file}.svg`, plotOf(rows, captions[section]))
  process.stdout.write(`written: ${file}.json, ${file}.svg\n`)
}

const wanted = positionals.length === 0 ? ['proxy', 'fairness'] : positionals
const unknown = wanted.find((name) => !(name in sections))
if (values.help) process.stdout.write(usage)
else if (unknown !== undefined) throw new Error(`there is no section ${unknown}\n${usage}`)
else for (const section of wanted) await main(section as Section)
