/** The limits of a server that runs, for administrators: what it may use now, changed at once, and what its next start has. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { changedLimits, type WrittenLimits } from '../../core/live-limits.ts'
import { HubError } from '../../lib/errors.ts'
import { type Limits } from '../../model/limits.ts'
import { fullName, type Server } from '../../model/server.ts'
import { formOf } from '../form.ts'
import { type PageAccess } from '../guard.ts'
import { pathNameOf } from '../server-card.ts'
import { serverIn, serverTarget, type ServerParams } from '../server-route.ts'
import { type Site } from '../site.ts'

/** Whoever may start their own server may not lift its limits. */
const mayChange: PageAccess = { scope: 'admin:servers', target: serverTarget }

export function serverLimitPages(app: FastifyInstance, site: Site): void {
  const config = { access: mayChange }
  for (const name of [':user', ':user/:server']) {
    const pattern = `${site.hubPath}limits/${name}`
    app.get<ServerParams>(pattern, { config }, (request, reply) => {
      const server = serverIn(site.store, request)
      return show(site, reply, { server, written: inFields(site.servers.limits(server)) })
    })
    app.post<ServerParams>(pattern, { config }, async (request, reply) => {
      const server = serverIn(site.store, request)
      const written = fieldsIn(request)
      try {
        await site.servers.setLimits(server, changedLimits({}, written))
      } catch (thrown) {
        if (!(thrown instanceof HubError)) throw thrown
        return show(site, reply.code(thrown.status), { server, written, problem: thrown.message })
      }
      return reply.redirect(`${site.hubPath}admin?done=limits`, 303)
    })
  }
}

type Fields = Required<{ readonly [Key in keyof WrittenLimits]: string }>

/** An empty field is no limit. */
function fieldsIn(request: FastifyRequest): Fields {
  const form = formOf(request)
  const at = (name: string): string => {
    const text = form.get(name)?.trim() ?? ''
    return text === '' ? 'none' : text
  }
  return { memory: at('memory'), cpu: at('cpu'), tasks: at('tasks') }
}

const inFields = ({ memoryBytes, cpuCores, tasks }: Limits = {}): Fields => ({
  memory: memoryBytes === undefined ? 'none' : sizeAsWritten(memoryBytes),
  cpu: String(cpuCores ?? 'none'),
  tasks: String(tasks ?? 'none'),
})

/** With the greatest unit that leaves no fraction. */
function sizeAsWritten(bytes: number): string {
  const [unit, factor] = (
    [
      ['G', 2 ** 30],
      ['M', 2 ** 20],
    ] as const
  ).find(([, each]) => bytes % each === 0) ?? ['', 1]
  return `${bytes / factor}${unit}`
}

type Asked = { readonly server: Server; readonly written: Fields; readonly problem?: string }

function show(site: Site, reply: FastifyReply, asked: Asked): FastifyReply {
  const { server, written, problem } = asked
  const next = site.servers.nextLimits(server)
  const blank = (text: string): string => (text === 'none' ? '' : text)
  return site.show(reply, 'server-limits', {
    title: server.name === '' ? `the server of ${server.userName}` : fullName(server),
    action: `${site.hubPath}limits/${pathNameOf(server)}`,
    memory: blank(written.memory),
    cpu: blank(written.cpu),
    tasks: blank(written.tasks),
    next: next && inFields(next),
    can: site.servers.limits(server) !== undefined,
    problem,
  })
}
