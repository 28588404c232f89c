/** Servers as transient units of systemd: with limits, confined, under unix accounts; they outlive the hub. */
import path from 'node:path'
import { HubError } from '../lib/errors.ts'
import { type Limits } from '../model/limits.ts'
import { createControlGroups } from './control-group.ts'
import { environmentFile } from './environment-file.ts'
import { findProgram } from './find-program.ts'
import { cannotRun } from './launch.ts'
import { createHelperClient } from './helper-client.ts'
import { archiveIn } from './home-archive.ts'
import { createMemoryKills } from './memory-kills.ts'
import { createPorts } from './ports.ts'
import { createRunNotes } from './run-notes.ts'
import { createSlice } from './slice.ts'
import { letIn, letInLater, socketIn } from './socket-folder.ts'
import { defineSpawner, type Spawner, type SpawnerNeeds, type SpawnRequest } from './spawner.ts'
import { createSystemctl, type TransientUnit, type UnitFacts } from './systemctl.ts'
import { systemdOptions, type SystemdOptions } from './systemd-options.ts'
import { endingOf, missingLimits } from './unit-facts.ts'
import { limitProperties, unitProperties } from './unit-properties.ts'
import { limitsOfRun, limitsOfState, readRun, rememberLimits, type UnitRun } from './unit-run.ts'
import {
  environmentOf,
  hasPlainSocket,
  listensOnSocket,
  portPlace,
  socketPlace,
  wordsFor,
  type Place,
} from './server-place.ts'
import { createUnitStarts } from './unit-start.ts'
import { createUnitWatch, isAlive } from './unit-watch.ts'
import { createUnixAccounts, type UnixAccount } from './unix-accounts.ts'

export const systemdSpawner = defineSpawner({
  name: 'systemd',
  options: systemdOptions,
  // Whoever is not root has systemd asked by somebody who is.
  create: (options, needs) =>
    process.getuid?.() === 0 ? createSystemdSpawner(options, needs) : createHelperClient(),
})

/** Below /run; each unit gets a folder in it that only its account can look into. */
const runtimeFolder = 'littlehub-servers'

function createSystemdSpawner(chosen: SystemdOptions, needs: SpawnerNeeds): Spawner {
  const log = needs.log.child({ part: 'spawn' })
  const systemctl = createSystemctl()
  const groups = createControlGroups()
  const accounts = createUnixAccounts(chosen)
  const notes = createRunNotes(path.join(needs.dataDir, 'units'))
  const slice = createSlice(chosen, systemctl)
  const ports = createPorts()
  const kills = createMemoryKills(groups)
  const showAll = async (): Promise<UnitFacts[]> => {
    const units = await systemctl.showAll([`${chosen.unit_prefix}*.service`])
    kills.look(units)
    return units
  }
  const watch = createUnitWatch({ showAll, log })
  const starts = createUnitStarts({ ...needs, log, systemctl, properties: chosen.properties })
  /** Runs that were told to end, and what their owner is told about it. */
  const told = new Map<string, string | undefined>()
  /** Runs whose limits were read back by this hub. */
  const compared = new Set<string>()

  const unitOf = (slug: string): string => `${chosen.unit_prefix}${slug}.service`

  /** Undefined when systemd has another run of the unit, or none. */
  const factsOf = async (run: UnitRun): Promise<UnitFacts | undefined> => {
    const facts = await systemctl.show(run.unit)
    return facts['InvocationID'] === run.invocation ? facts : undefined
  }

  const placeOf = async (request: SpawnRequest): Promise<Place> => {
    if (listensOnSocket(request) !== false)
      return socketPlace(socketIn(`/run/${runtimeFolder}/${request.slug}`))
    const port = await ports.take(request.routedPorts)
    log.warn(
      { server: request.slug },
      'a server listens on a port, which every account of the machine reaches',
    )
    return portPlace(port)
  }

  /** @throws {HubError} Unavailable with nothing left behind. */
  const execute = async (
    request: SpawnRequest,
    { account, place }: { account: UnixAccount; place: Place },
  ): Promise<UnitFacts> => {
    const { slug } = request
    const unit = unitOf(slug)
    const [program = ''] = request.command
    const file = findProgram(program, request.environment['PATH'] ?? '')
    if (file === undefined) throw cannotRun(program, 'ENOENT')
    // Whatever an earlier hub left under this name: nobody knows of it any more.
    const { LoadState: before } = await systemctl.show(unit)
    if (before === 'loaded') await systemctl.stop(unit, { now: true })
    request.signal.throwIfAborted()
    const secrets = notes.writeEnvironment(
      slug,
      environmentFile(environmentOf(request, account, place)),
    )
    const server: TransientUnit = {
      name: unit,
      properties: unitProperties(chosen, {
        home: account.home,
        isPowerful: isPowerful(request),
        limits: request.limits,
        environmentFile: secrets,
        runtimeDirectory: `${runtimeFolder}/${slug}`,
        isSocketOfGroup: needs.hubGroup !== undefined && hasPlainSocket(request.command),
        description: `Server of ${request.user.slug}`,
      }),
      user: account.name,
      command: [file, ...wordsFor(place, request.command)],
    }
    try {
      const { environment, signal } = request
      const pidFile = notes.pidFile(slug)
      const how = { environment, uid: account.uid, pidFile, signal }
      const facts = await starts.run(server, program, how)
      if (needs.hubGroup !== undefined) letIn(`/run/${runtimeFolder}/${slug}`, needs.hubGroup)
      signal.throwIfAborted()
      return facts
    } catch (thrown) {
      await systemctl.stop(unit, { now: true })
      throw thrown
    } finally {
      notes.dropPassing(slug)
    }
  }

  const isPowerful = ({ user }: SpawnRequest): boolean => user.admin && chosen.admin_sudo

  /** What was asked for is read back: a kernel without a controller accepts every limit and holds none. */
  const compareLimits = (limits: Limits, facts: UnitFacts): string[] => {
    const { Id: unit, ControlGroup: group = '', ActiveState: state } = facts
    // Of a program that has ended already there is nothing to read.
    if (state !== 'active' || group === '') return []
    const missing = missingLimits(limits, groups.limits(group))
    for (const sentence of missing) log.warn({ unit, sentence }, 'a limit does not act')
    return missing
  }

  /** For a server that goes on since before this hub: its limits may have been changed beside the hub. */
  const compareOnce = (run: UnitRun, facts: UnitFacts): void => {
    if (compared.has(run.invocation)) return
    compared.add(run.invocation)
    compareLimits(limitsOfRun(run), facts)
  }

  /** For a server that goes on since a hub that was root. */
  const openLater = async ({ slug, port }: UnitRun): Promise<void> => {
    if (needs.hubGroup === undefined || port > 0) return
    await letInLater(`/run/${runtimeFolder}/${slug}`, needs.hubGroup).catch((error: unknown) => {
      log.warn({ server: slug, error }, 'the hub was not let in to a socket')
    })
  }

  const start: Spawner['start'] = async (request) => {
    request.signal.throwIfAborted()
    await slice.prepare()
    const account = await accounts.ensure(request.user)
    const place = await placeOf(request)
    try {
      request.signal.throwIfAborted()
      const facts = await execute(request, { account, place })
      const invocation = facts['InvocationID'] ?? ''
      notes.remember(request.slug, invocation)
      kills.begin(invocation)
      compared.add(invocation)
      for (const sentence of compareLimits(request.limits, facts)) request.progress(sentence)
      const port = place.kind === 'port' ? place.port : 0
      const { slug, limits } = request
      const run = { unit: unitOf(slug), invocation, slug, port, ...rememberLimits(limits) }
      return { url: place.url, state: run }
    } catch (thrown) {
      if (place.kind === 'port') ports.release(place.port)
      throw thrown
    }
  }

  /** @param message what the owner is told, when it is not their own wish */
  const end = async (run: UnitRun, how: { now: boolean; message?: string }): Promise<void> => {
    told.set(run.invocation, how.message)
    setTimeout(() => told.delete(run.invocation), toldMs).unref()
    await systemctl.stop(run.unit, how)
    const facts = await factsOf(run)
    if (facts && isAlive(facts, run))
      throw new HubError('Unavailable', 'The server cannot be ended. Try again later.')
  }

  return {
    start,
    async poll(state) {
      const run = readRun(state)
      const facts = run && (await factsOf(run))
      if (!facts) return { alive: false }
      if (isAlive(facts, run)) {
        compareOnce(run, facts)
        await openLater(run)
        return { alive: true }
      }
      return { alive: false, ...endingOf(facts, run.memoryBytes) }
    },
    async exited(state, signal) {
      const run = readRun(state)
      if (!run) return {}
      const facts = await watch.ended(run, signal)
      const message = told.get(run.invocation)
      if (message !== undefined) return { message }
      if (!facts || told.has(run.invocation)) return {}
      return endingOf(facts, run.memoryBytes)
    },
    async stop(state, { now = false } = {}) {
      const run = readRun(state)
      if (!run) return
      if (await factsOf(run)) await end(run, { now })
      if (run.port > 0) ports.release(run.port)
      starts.forget(run.invocation)
    },
    async logTail(slug, lines) {
      const invocation = notes.lastRun(slug)
      return invocation === undefined ? [] : systemctl.journal(invocation, lines)
    },
    async usage(state) {
      const run = readRun(state)
      const facts = run && (await factsOf(run))
      if (!facts || !isAlive(facts, run)) return undefined
      const { ControlGroup: group = '', MemoryCurrent: memory } = facts
      return {
        memoryBytes: Number(memory) || 0,
        processes: groups.processes(group),
        memoryKills: groups.memoryKills(group),
      }
    },
    forget(slug) {
      notes.forget(slug)
      return Promise.resolve()
    },
    async setLimits(state, limits) {
      const run = readRun(state)
      const facts = run && (await factsOf(run))
      if (!facts || !isAlive(facts, run))
        throw new HubError('NotRunning', 'The server is not running.')
      await systemctl.setProperties(run.unit, limitProperties(limits))
      const [missing] = compareLimits(limits, facts)
      if (missing !== undefined) throw new HubError('Unavailable', missing)
      return { ...run, ...rememberLimits(limits) }
    },
    limits: limitsOfState,
    onMemoryKill(listener) {
      kills.onKill((unit) => listener(unit.slice(chosen.unit_prefix.length, -'.service'.length)))
    },
    async archiveHome(user, name) {
      const file = archiveIn(needs.dataDir, name)
      return (await accounts.archive(user, file)) ? file : undefined
    },
    ...starts.ofSpawner,
    async accountChanged(user, { disabled }) {
      await accounts.adjust(user, { locked: disabled })
      if (user.admin && !disabled) return
      const units = await systemctl.showAll([unitOf(user.slug), unitOf(`${user.slug}.*`)])
      for (const { Id: unit = '', InvocationID: invocation = '', NoNewPrivileges } of units)
        if (NoNewPrivileges === 'no')
          await end({ unit, invocation, slug: user.slug, port: 0, ...rememberLimits({}) }, taken)
    },
  }
}

/** Longer than it takes until whoever waits for the end of a run has heard of it. */
const toldMs = 60_000

const taken = {
  now: true,
  message:
    'The server was ended because you are no longer an administrator of this machine. Start it again.',
}
