/** An hour of lessons in fast motion: classes start, compute, stop, and in the middle the environment is upgraded. `--help` */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createBrowser, type Browser } from '../test/support/browser.ts'
import { littlehub, password, timesWarm, whenWarm, type Hub } from './bench-hubs.ts'
import { descendantsOf, describeMachine, memoryKiBOf, privateMiBOfTree } from './bench-machine.ts'
import { attend } from './bench-student.ts'
import { lessonProblems, plotLessons, type Lesson } from './soak-report.ts'

const usage = `usage: node scripts/lessons.ts [--lessons N] [--students N]

In each lesson a class logs in, starts its servers, opens JupyterLab, has a first cell computed, and stops. After half of
them something is installed into the user environment. Looks at the memory of a server with its kernel, of the process that
is forked, of the hub, and at the processes that are left when all have gone. Exit code 1 when anything has grown or a
student was left without a cell. Writes JSON and a plot into .littlehub/bench.

  --lessons N    how many (30)
  --students N   in each (4)
`

const { values } = parseArgs({
  options: {
    lessons: { type: 'string', default: '30' },
    students: { type: 'string', default: '4' },
    help: { type: 'boolean', default: false },
  },
})

const places = path.resolve(import.meta.dirname, '..', '.littlehub')
const lessonMs = 120_000
const stoppedMs = 60_000

type Environment = { readonly dir: string; readonly script: string; install(name: string): void }

/** One of its own with the packages of the usual one: others may be at work with that. */
function borrowEnvironment(): Environment {
  const usual = path.join(places, 'env')
  mkdirSync(path.join(places, 'bench'), { recursive: true })
  const dir = mkdtempSync(path.join(places, 'bench', 'env-'))
  chmodSync(dir, 0o755)
  const [version = ''] = readdirSync(path.join(usual, 'lib'))
  const packages = path.join(dir, 'lib', version, 'site-packages')
  for (const folder of [path.join(dir, 'bin'), packages]) mkdirSync(folder, { recursive: true })
  for (const name of ['share', 'etc']) symlinkSync(path.join(usual, name), path.join(dir, name))
  writeFileSync(path.join(dir, 'pyvenv.cfg'), readFileSync(path.join(usual, 'pyvenv.cfg')))
  const python = path.join(dir, 'bin', 'python')
  symlinkSync(realpathSync(path.join(usual, 'bin/python')), python)
  writeFileSync(
    path.join(packages, 'usual.pth'),
    `${path.join(usual, 'lib', version, 'site-packages')}\n`,
  )
  const script = path.join(dir, 'bin', 'jupyterhub-singleuser')
  const text = readFileSync(path.join(usual, 'bin/jupyterhub-singleuser'), 'utf8')
  writeFileSync(script, text.replace(/^.*\n/, `#!${python}\n`))
  chmodSync(script, 0o755)
  const install = (name: string): void =>
    writeFileSync(path.join(packages, `${name}.py`), 'x = 1\n')
  return { dir, script, install }
}

async function main(): Promise<void> {
  const environment = borrowEnvironment()
  const hub = await littlehub('littlehub', {
    'spawner.cmd': environment.script,
    admin_users: 'teacher',
  }).start()
  const lessons: Lesson[] = []
  const total = Number(values.lessons)
  try {
    const teacher = await logIn(hub)
    for (let number = 1; number <= total; number++) {
      lessons.push(await teach(hub, teacher))
      process.stderr.write(`${number}: ${JSON.stringify(lessons.at(-1))}\n`)
      if (number === Math.floor(total / 2)) await upgrade(hub, environment)
    }
  } finally {
    await hub.end()
    rmSync(environment.dir, { recursive: true })
  }
  report(lessons)
}

async function logIn({ url }: Hub): Promise<Browser> {
  const browser = createBrowser(url)
  const page = await browser.open('/hub/login?next=%2Fhub%2Fadmin')
  await browser.submit(page, /password/, { username: 'teacher', password })
  return browser
}

async function teach(hub: Hub, teacher: Browser): Promise<Lesson> {
  const { url, pid } = hub
  const before = privateMiBOfTree(pid)
  const names = Array.from({ length: Number(values.students) }, (_, index) => `student${index + 1}`)
  const signal = AbortSignal.timeout(lessonMs)
  const each = await Promise.allSettled(
    names.map((name) => attend({ name, password, url, signal })),
  )
  const present = each.filter(({ status }) => status === 'fulfilled').length
  const serverMiB = (privateMiBOfTree(pid) - before) / Math.max(1, present)
  for (const name of names) await stop(teacher, name)
  return {
    serverMiB,
    without: names.length - present,
    zygoteMiB: sum(zygotesOf(pid).map(memoryKiBOf)) / 1024,
    hubMiB: memoryKiBOf(pid) / 1024,
    processes: await leftAfter(pid),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

async function stop(teacher: Browser, name: string): Promise<void> {
  const headers = { 'x-xsrftoken': teacher.cookies.get('_xsrf')?.value ?? '' }
  const { status } = await teacher.send(`/hub/api/users/${name}/server`, {
    ...{ method: 'DELETE', headers },
  })
  if (status >= 400 && status !== 404) throw new Error(`stopping was answered with ${status}`)
}

const zygotesOf = (pid: number): number[] => descendantsOf(pid).filter(isZygote)

/** Its children have words of their own. */
function isZygote(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('zygote.py')
  } catch {
    return false
  }
}

/** @returns how many processes are left when those of servers have had time to end */
async function leftAfter(pid: number): Promise<number> {
  for (const end = Date.now() + stoppedMs; Date.now() < end; await wait(200))
    if (descendantsOf(pid).every(isZygote)) break
  return descendantsOf(pid).length
}

/** Something is installed, and the lessons go on when there is another process to fork. */
async function upgrade(hub: Hub, { install }: Environment): Promise<void> {
  const times = timesWarm(hub)
  install('another_package')
  await whenWarm(hub, times + 1)
}

function report(lessons: readonly Lesson[]): void {
  const problems = lessonProblems(lessons)
  const began = new Date().toISOString().replaceAll(':', '-').slice(0, 19)
  const file = path.join(places, 'bench', `lessons-${began}`)
  const machine = describeMachine()
  writeFileSync(`${file}.json`, `${JSON.stringify({ machine, problems, lessons }, null, 1)}\n`)
  writeFileSync(`${file}.svg`, plotLessons(lessons))
  const words = problems.join('\n') || 'Everything is as it was.'
  process.stdout.write(
    `${machine}\n${lessons.length} lessons\n${words}\nwritten: ${file}.json and .svg\n`,
  )
  if (problems.length > 0) process.exitCode = 1
}

if (values.help) process.stdout.write(usage)
else await main()
