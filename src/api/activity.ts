/** `POST /users/:name/activity`: what servers report of their use (contract §3.9). */
import { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { invalidInput } from '../lib/errors.ts'
import { parse, readJson } from './body.ts'
import { type ApiNeeds } from './guard.ts'
import { userIn } from './users.ts'

const time = Type.String({ maxLength: 100 })
const report = Type.Object({
  last_activity: Type.Optional(time),
  servers: Type.Optional(Type.Record(Type.String(), Type.Object({ last_activity: time }))),
})

export function activityRoutes(app: FastifyInstance, needs: ApiNeeds): void {
  const config = { scope: 'users:activity', target: 'user', body: report, needsBody: true } as const
  const answers = { 200: 'nothing' } as const
  app.post('/users/:name/activity', { config: { ...config, answers } }, (request, reply) => {
    const user = userIn(request, needs)
    const { last_activity, servers = {} } = parse(report, readJson(request))
    const times = Object.entries(servers).map(
      ([name, one]) => [name, readTime(one.last_activity)] as const,
    )
    if (last_activity === undefined && times.length === 0)
      throw invalidInput('An activity report needs last_activity or servers.')
    const at = last_activity === undefined ? undefined : readTime(last_activity)
    needs.activity.report(user.id, at, new Map(times))
    return reply.code(200).send('')
  })
}

const zoned = /(?:z|[+-]\d\d:?\d\d)$/i
const dated = /^\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?/i

/** ISO 8601; without a zone it is UTC. @throws {HubError} InvalidInput */
export function readTime(text: string): Date {
  const hasClock = /[t ]\d\d:/i.test(text)
  const at = new Date(zoned.test(text) || !hasClock ? text : `${text}Z`)
  if (!dated.test(text) || Number.isNaN(at.getTime()))
    throw invalidInput(`Not a valid timestamp: ${JSON.stringify(text.slice(0, 40))}`)
  return at
}
