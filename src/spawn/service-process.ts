/** A service that the hub runs: one program, in a session of its own, its output in a file. */
import { mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { type Log } from '../lib/log.ts'
import { newId } from '../lib/secret.ts'
import { SECOND } from '../lib/time.ts'
import { slugOf } from '../model/user.ts'
import { createAccounts, type Account } from './account.ts'
import { runVariable, type Run } from './family.ts'
import { launch, type Ended } from './launch.ts'
import { createLogFiles } from './log-files.ts'
import { terminate } from './termination.ts'

export type ServiceRun = {
  /** By which another hub finds it, should this one be killed. */
  readonly run: Run
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<Ended>
}

export type ServiceRequest = {
  readonly name: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Where it runs; empty: a folder of its own. */
  readonly cwd: string
  /** The unix account that it runs as; empty: that of the hub. */
  readonly user: string
}

export interface ServiceProcesses {
  /** @throws {HubError} Unavailable when the program cannot be run at all; nothing is left of it then. */
  start(request: ServiceRequest): Promise<ServiceRun>
  /** Interrupts, terminates, kills; with everything it started. Resolves at once when nothing of it runs. */
  stop(run: Run): Promise<void>
  logTail(name: string, lines: number): Promise<string[]>
}

const limits = { interruptMs: 5 * SECOND, termMs: 5 * SECOND, killMs: 5 * SECOND }

/** Of each of a service's two log files. */
const logBytes = 1024 ** 2

export function createServiceProcesses(needs: {
  readonly dataDir: string
  readonly log: Log
}): ServiceProcesses {
  const { dataDir, log } = needs
  const logs = createLogFiles({
    dir: path.join(dataDir, 'logs', 'services'),
    maxBytes: logBytes,
    log,
  })
  const accounts = createAccounts({ run_as: 'unix', first_uid: 0 }, dataDir)

  const accountOf = async ({ name, user, cwd }: ServiceRequest): Promise<Account> => {
    const account = user === '' ? own() : await accounts.of({ id: 0, name: user, slug: user })
    if (cwd !== '') return { ...account, home: cwd }
    return user === '' ? { ...account, home: ownFolder(name) } : account
  }

  const ownFolder = (name: string): string => {
    const folder = path.join(dataDir, 'services', slugOf(name))
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  }

  return {
    async start(request) {
      const account = await accountOf(request)
      const run = newId()
      const { pid, startTime, ended } = await launch({
        command: request.command,
        account,
        environment: {
          SHELL: account.shell,
          ...request.environment,
          HOME: account.home,
          USER: account.name,
          LOGNAME: account.name,
          [runVariable]: run,
        },
        logDescriptor: logs.open(slugOf(request.name), account),
      })
      return { run: { pid, startTime, uid: account.uid, run }, ended }
    },
    stop: (run) => terminate(run, { ...limits, now: false }, log),
    logTail: (name, lines) => logs.tail(slugOf(name), lines),
  }
}

function own(): Account {
  const { uid, gid, username, homedir, shell } = userInfo()
  return { uid, gid, name: username, home: homedir, shell: shell ?? '/bin/sh', through: [] }
}
