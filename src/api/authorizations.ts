/** `/authorizations`: what JupyterHub deprecated and this hub refuses, for a credential in an address ends in logs. */
import { type FastifyInstance } from 'fastify'
import { notFound } from '../lib/errors.ts'
import { refusal } from './schemas.ts'

const paths = [
  '/authorizations/token/:token',
  '/authorizations/cookie/:cookie',
  '/authorizations/cookie/:cookie/:value',
]

export function authorizationRoutes(app: FastifyInstance): void {
  const refuse = (): never => {
    throw notFound('Ask GET /hub/api/user with the token in the Authorization header instead.')
  }
  const config = { scope: 'any-credential', answers: { 404: refusal } } as const
  for (const path of paths) app.get(path, { config }, refuse)
  app.post('/authorizations/token', { config }, refuse)
}
