/** A term in half an hour: people log in, start servers, talk to them, vanish; in the end the hub is as it was. `--help` */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createBrowser, type Browser } from '../test/support/browser.ts'
import { askSteadily, type Asking } from './bench-asking.ts'
import { littlehub, password, type Hub } from './bench-hubs.ts'
import { descendantsOf, describeMachine, memoryKiBOf } from './bench-machine.ts'
import { end } from './bench-subjects.ts'
import { plotOverTime, problemsOf, type Look } from './soak-report.ts'

const usage = `usage: node scripts/soak.ts [--minutes N] [--people N] [--every SECONDS]

Runs a hub with real servers (small programs that echo), and N people who log in, start theirs, talk to it over HTTP and
WebSockets, upload, leave in the middle, have it killed, stop it, log out, over and over, while one more asks steadily for
small pages. Looks at the hub's memory, open files and processes, and at the 99th percentile of the small pages. Before and
after, everybody is gone. Exit code 1 when something is left behind. Writes JSON and a plot into .littlehub/bench.

  --minutes N      how long (30)
  --people N       at the same time (12)
  --every SECONDS  how often it is looked (15)
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    people: { type: 'string', default: '12' },
    every: { type: 'string', default: '15' },
    help: { type: 'boolean', default: false },
  },
})

/** What happened, to be sure that something did. */
const counts = { logins: 0, starts: 0, sockets: 0, uploads: 0, kills: 0, vanished: 0, stops: 0 }

const checkout = path.resolve(import.meta.dirname, '..')
const echo = path.join(checkout, 'test/support/echo-program.ts')

/** For what ends by and by: sessions in memory, pooled connections, processes that were killed. */
const settleMs = 30_000

/**
 * Between two things that somebody does. Starting servers without it takes all of two cores, and how long a small page
 * takes then is a matter of how the kernel divides them.
 */
const lookingMs = 1200

async function soak(minutes: number, people: number): Promise<Look[]> {
  const hub = await littlehub('littlehub', {
    'spawner.cmd': JSON.stringify([process.execPath, echo]),
    'spawner.warm_start': 'false',
  }).start()
  const looks: Look[] = []
  const asking = await someoneAsks(hub)
  try {
    const over = new AbortController()
    const busy = Array.from({ length: people }, (_, index) => live(hub, `ann${index}`, over.signal))
    const lasting = Promise.all(busy)
    const beganMs = performance.now()
    await asking.report()
    for (let seconds = 0; seconds < minutes * 60;) {
      await Promise.race([wait(Number(values.every) * 1000), lasting])
      seconds = Math.round((performance.now() - beganMs) / 1000)
      looks.push(await look(hub, asking, seconds))
      process.stderr.write(`${JSON.stringify(looks.at(-1))}\n`)
    }
    over.abort()
    await lasting
    await asking.report()
    await wait(settleMs)
    looks.push(await look(hub, asking, minutes * 60 + settleMs / 1000))
    return looks
  } finally {
    await end(asking)
    await hub.end()
  }
}

async function look({ pid }: Hub, asking: Asking, seconds: number): Promise<Look> {
  return {
    seconds,
    memoryMiB: memoryKiBOf(pid) / 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    processes: descendantsOf(pid).length,
    p99Ms: (await asking.report()).p99Ms,
  }
}

/** One person whose server stays. */
async function someoneAsks(hub: Hub): Promise<Asking> {
  const browser = await logIn(hub, 'steady')
  await haveStarted(browser, 'steady')
  const head = `GET /user/steady/ HTTP/1.1\r\nHost: hub.test\r\nCookie: ${browser.cookieHeader('/user/steady/')}\r\n\r\n`
  return askSteadily({
    port: portOf(hub),
    head,
    connections: 8,
    perSecond: 50,
    leaveOutDisturbed: false,
  })
}

const portOf = ({ url }: Hub): number => Number(new URL(url).port)

/** One after the other, until the signal. @throws what should not have happened */
async function live(hub: Hub, name: string, signal: AbortSignal): Promise<void> {
  for (let lesson = 0; !signal.aborted; lesson++) {
    const browser = await logIn(hub, name)
    const pid = await haveStarted(browser, name)
    for (let turn = 0; turn < 5; turn++) {
      await browser.open(`/user/${name}/page?turn=${turn}`)
      await talk(hub, browser, { name, leave: turn % 3 })
      await wait(lookingMs)
    }
    if (lesson % 3 === 2) await crash(pid)
    else {
      await browser.submit(await browser.open('/hub/home'), /stop/i)
      counts.stops += 1
    }
    await browser.open('/hub/logout')
    await wait(200)
  }
}

async function logIn(hub: Hub, username: string): Promise<Browser> {
  const browser = createBrowser(hub.url)
  const page = await browser.submit(await browser.open('/hub/login'), /password/, {
    ...{ username, password },
  })
  if (page.status >= 400) throw new Error(`the login of ${username} was answered: ${page.status}`)
  counts.logins += 1
  return browser
}

/** @returns the server's pid, which it says on every page */
async function haveStarted(browser: Browser, name: string): Promise<number> {
  counts.starts += 1
  await browser.open('/hub/spawn')
  for (let tries = 0; tries < 300; tries++) {
    const page = await browser.open(`/user/${name}/`)
    const pid = /^pid (\d+)$/m.exec(page.text)?.[1]
    if (page.status === 200 && pid !== undefined) return Number(pid)
    // It may have been killed in the lesson before, and the hub notices a moment later.
    if (tries % 20 === 19) await browser.open('/hub/spawn')
    await wait(200)
  }
  throw new Error(`the server of ${name} did not start`)
}

/** A WebSocket with a few messages, or an upload; ended politely, at once, or in the middle. */
function talk(
  hub: Hub,
  browser: Browser,
  { name, leave }: { readonly name: string; readonly leave: number },
): Promise<void> {
  const isUpload = leave === 2
  const where = `/user/${name}/ws`
  const more = isUpload
    ? 'Content-Length: 5000000\r\n'
    : 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  const head = `${isUpload ? 'POST' : 'GET'} ${where} HTTP/1.1\r\nHost: ${new URL(hub.url).host}\r\nOrigin: ${hub.url}\r\nCookie: ${browser.cookieHeader(where)}\r\n${more}\r\n`
  const socket = net.connect(portOf(hub), '127.0.0.1')
  counts[isUpload ? 'uploads' : 'sockets'] += 1
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve())
    socket.write(head)
    if (isUpload) socket.write(Buffer.alloc(100_000))
    let messages = 0
    socket.on('data', () => {
      messages += 1
      if (messages < 10) socket.write('words')
      else socket.end()
      if (messages === 5 && leave === 1) vanish(socket)
    })
    if (isUpload) setTimeout(() => vanish(socket), 50)
  })
}

function vanish(socket: net.Socket): void {
  counts.vanished += 1
  socket.resetAndDestroy()
}

async function crash(pid: number): Promise<void> {
  counts.kills += 1
  process.kill(pid, 'SIGKILL')
  // On a busy machine it takes a moment, and so long the hub says that the server is busy.
  for (let tries = 0; exists(pid) && tries < 100; tries++) await wait(100)
  await wait(500)
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function main(): Promise<void> {
  const began = new Date().toISOString().replaceAll(':', '-').slice(0, 19)
  const looks = await soak(Number(values.minutes), Number(values.people))
  const problems = problemsOf(looks, counts)
  const file = path.join(checkout, '.littlehub', 'bench', `soak-${began}`)
  mkdirSync(path.dirname(file), { recursive: true })
  const machine = describeMachine()
  writeFileSync(
    `${file}.json`,
    `${JSON.stringify({ machine, counts, problems, looks }, null, 1)}\n`,
  )
  writeFileSync(`${file}.svg`, plotOverTime(looks))
  process.stdout.write(
    `${machine}\n${JSON.stringify(counts)}\n${problems.join('\n') || 'Everything is as it was.'}\nwritten: ${file}.json, ${file}.svg\n`,
  )
  if (problems.length > 0) process.exitCode = 1
}

if (values.help) process.stdout.write(usage)
else await main()
