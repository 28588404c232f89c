/** `littlehub server …` */
import { type WholeContext } from '../context.ts'
import { changedLimits } from '../core/live-limits.ts'
import { notFound } from '../lib/errors.ts'
import { type Limits } from '../model/limits.ts'
import { label, type Server } from '../model/server.ts'
import { hubOptions, jsonOption, operandOf, type Call, type Command } from './command.ts'
import { changeLimitsOf } from './running-hub.ts'
import { table } from './table.ts'
import { withContext } from './with-context.ts'
import { sizeInWords } from './words.ts'

const names = ['memory', 'cpu', 'tasks'] as const

const limits: Command = {
  name: 'server limits',
  summary: "Show what somebody's server may use, or change it while it runs.",
  details: [
    'What is changed holds at once, without a restart, until the server stops; "none" takes a limit away.',
    'For good, limits are changed in the configuration: limits, group_overrides, profiles.',
  ],
  operands: ['NAME'],
  options: {
    server: { type: 'string', value: 'SERVER', help: 'A named server; else the default one.' },
    memory: { type: 'string', value: 'SIZE', help: 'Such as 512M or 2G.' },
    cpu: { type: 'string', value: 'CORES', help: 'Such as 0.5 or 2.' },
    tasks: { type: 'string', value: 'N', help: 'Processes and threads together.' },
    ...jsonOption,
    ...hubOptions,
  },
  run: (call) =>
    withContext(call, async (context) => {
      const asked = Object.fromEntries(
        names.flatMap((name) => {
          const written = call.text(name)
          return written === undefined ? [] : [[name, written]]
        }),
      )
      const server = serverOf(call, context)
      if (Object.keys(asked).length > 0) await change(server, asked, context)
      show(call, context)
      return 0
    }),
}

export const serverCommands: readonly Command[] = [limits]

function serverOf(call: Call, { store }: WholeContext): Server {
  const user = store.users.getByName(operandOf(call))
  const name = call.text('server') ?? ''
  const server = store.servers.findByName(user.id, name)
  if (!server) throw notFound(`${user.name} has no server named "${name}".`)
  return server
}

/** By the running hub, which watches the server; without one, by this process. */
async function change(
  server: Server,
  asked: Readonly<Record<string, string>>,
  context: WholeContext,
): Promise<void> {
  const { servers } = context
  const wanted = changedLimits(servers.limits(server) ?? {}, asked)
  if (await changeLimitsOf(server, asked, context)) return
  await servers.setLimits(server, wanted)
  // Nobody here waits for its end.
  await servers.letGo()
}

function show(call: Call, context: WholeContext): void {
  const server = serverOf(call, context)
  const now = context.servers.limits(server)
  const next = context.servers.nextLimits(server)
  if (call.isSet('json')) {
    const json = { user: server.userName, server: server.name, now: now ?? null }
    call.terminal.print(JSON.stringify({ ...json, nextStart: next ?? null }))
    return
  }
  const rows = [...(now ? [['now', ...inWords(now)]] : []), ['next start', ...inWords(next ?? {})]]
  if (!now) call.terminal.say(`${label(server)} does not run with limits that could be changed.`)
  for (const line of table([['', 'MEMORY', 'CPU', 'TASKS'], ...rows])) call.terminal.print(line)
}

const inWords = ({ memoryBytes, cpuCores, tasks }: Limits): string[] => [
  memoryBytes === undefined ? 'none' : sizeInWords(memoryBytes),
  String(cpuCores ?? 'none'),
  String(tasks ?? 'none'),
]
