/** S-16: what a server is told in secret can be read by nobody else on the machine. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { serverEnvironment } from '../../src/spawn/environment.ts'
import { processSpawner } from '../../src/spawn/process.ts'
import {
  dataFolder,
  eventually,
  isRoot,
  quietLog,
  requestFor,
  sh,
  stayAwake,
} from '../spawn/support.ts'

const canary = 'canary-9d2f4c81e6b7'

const options = {
  run_as: isRoot ? 'range' : 'self',
  first_uid: 1_500_000,
  interrupt_timeout: 1000,
  term_timeout: 1000,
  kill_timeout: 5000,
  log_size: 100_000,
}

const environment = serverEnvironment({
  config: {
    base_url: '/',
    public_url: '',
    spawner: { path: '/usr/bin:/bin' },
  },
  settings: {
    environment: { OTHER: `${canary}-too` },
    defaultUrl: '',
    memoryBytes: 0,
    cpuCores: 0,
  },
  server: { userName: 'ana', name: '' },
  secret: canary,
  internalPort: 1,
})

const readOrNothing = (file: string): string => {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** The command lines of all processes, which everybody may read. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readOrNothing(`/proc/${pid}/cmdline`))

stayAwake(t)

t.test(
  'no secret of a server is in a command line, a log line or a file that others can read',
  async (t) => {
    const dataDir = dataFolder(t)
    const lines: string[] = []
    const command = sh('echo started; exec sleep 600')
    const spawner = processSpawner.create(options, { log: quietLog(lines), dataDir })
    // Looked at while it starts as well, since a program in between would be gone afterwards.
    const seen: string[] = []
    const looking = setInterval(() => seen.push(...commandLines()), 1)
    const { state } = await spawner.start(requestFor('ana', { environment, command }))
    t.teardown(() => spawner.stop(state, { now: true }))
    await eventually(async () => (await spawner.logTail('ana', 1)).includes('started'))
    clearInterval(looking)
    seen.push(...commandLines())
    t.match(readOrNothing(`/proc/${String(state['pid'])}/environ`), canary)
    t.same(
      seen.filter((line) => line.includes(canary)),
      [],
    )
    t.notMatch(lines.join(''), canary)
    t.notMatch(JSON.stringify(state), canary)

    if (!isRoot) return
    const search = `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null; grep -rs canary ${dataDir}; ls -R ${dataDir} 2>/dev/null`
    const asStranger = execFileSync(
      'setpriv',
      ['--reuid=1500999', '--regid=1500999', '--clear-groups', '/bin/sh', '-c', `${search}; true`],
      { encoding: 'latin1', env: { PATH: '/usr/bin:/bin' }, maxBuffer: 2 ** 26 },
    )
    t.notMatch(asStranger, canary)
    t.notMatch(asStranger, 'ana.log')
  },
)
