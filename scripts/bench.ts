/** `npm run bench`: runs the sections that are named, prints one table of ratios, writes JSON and a plot. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, proxyCore, versionOf, worstOthers, worstStolen } from './bench-machine.ts'
import { benchProxy } from './bench-proxy.ts'
import { plotOf, rowsOf, tableOf, type Sample } from './bench-report.ts'

const usage = `usage: npm run bench -- [proxy] [--rounds N] [--seconds N] [--only TEXT] [--subjects A,B] [--verbose]

Measures the hub as a process: front door, logins, routes and activity are on. Load comes from wrk, and WebSockets
from a client of our own. What stands beside it does no logins.

  proxy       against configurable-http-proxy (installed by npm into .littlehub/bench), and nginx, haproxy and caddy
              where they are installed

  --rounds N      how often everything is measured, one proxy after the other (3)
  --seconds N     how long each time (2)
  --only TEXT     only work with this in its name
  --subjects A,B  only these proxies
  --verbose       every measurement, as it is made
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    subjects: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const places = path.resolve(import.meta.dirname, '..', '.littlehub', 'bench')

const percent = (part: number): string => `${100 * part} %`

const explanation = `Processor time of the proxy's process (all threads, from /proc) for each unit of work; the proxy alone on core ${proxyCore},
load and upstream on another. Rounds are interleaved; a ratio is the median over rounds, and says how many times as much
work littlehub does in the same processor time (for times and memory: how many times less it takes). littlehub checks
logins and rights on every request; the others only route. A measurement counts as disturbed when others used more than
${percent(worstOthers['processor time'])} of the proxy's core (${percent(worstOthers.clock)} for times in ms, which bear no company), or the host took more than ${percent(worstStolen)}.
It is repeated, and where the rounds that are left differ too much, no ratio is printed.`

async function main(): Promise<void> {
  if (versionOf('wrk', '-v') === undefined) throw new Error('wrk is missing: apt-get install wrk')
  const tell = (line: string): void => void process.stderr.write(values.verbose ? `${line}\n` : '.')
  const began = new Date()
  const samples: Sample[] = await benchProxy({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    only: values.only,
    subjects: values.subjects === '' ? [] : values.subjects.split(','),
    tell,
  })
  const rows = rowsOf(samples)
  const machine = describeMachine()
  process.stdout.write(`\n${machine}\n\n${tableOf(rows)}\n\n${explanation}\n`)
  mkdirSync(places, { recursive: true })
  const file = path.join(places, `proxy-${began.toISOString().replaceAll(':', '-').slice(0, 19)}`)
  writeFileSync(
    `${file}.json`,
    `${JSON.stringify({ machine, began, rows, samples }, undefined, 1)}\n`,
  )
  writeFileSync(
    `${file}.svg`,
    plotOf(rows, 'How many times as much work littlehub does in the same processor time'),
  )
  process.stdout.write(`written: ${file}.json, ${file}.svg\n`)
}

const unknown = positionals.find((section) => section !== 'proxy')
if (values.help) process.stdout.write(usage)
else if (unknown !== undefined) throw new Error(`there is no section ${unknown}\n${usage}`)
else await main()
