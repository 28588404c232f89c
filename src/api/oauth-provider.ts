/** `/oauth2/token`: where servers and services exchange a code for a token (RFC 6749 §4.1.3; contract §2.4). */
import { type FastifyInstance } from 'fastify'
import { OAuthError } from '../lib/errors.ts'
import { readForm } from './body.ts'
import { type ApiNeeds } from './guard.ts'
import { queryOf } from './page.ts'
import { accessToken, oauthRefusal } from './schemas.ts'

export function oauthProviderRoutes(app: FastifyInstance, { oauthProvider }: ApiNeeds): void {
  // The client proves itself in the body, so no other credential counts here.
  const answers = { 200: accessToken, 400: oauthRefusal, 401: oauthRefusal }
  app.post('/oauth2/token', { config: { scope: 'anyone', answers } }, (request, reply) => {
    if (queryOf(request).size > 0)
      throw new OAuthError(
        'invalid_request',
        'Parameters belong into the body, not into the address.',
      )
    const issued = oauthProvider.exchange(readForm(request))
    return reply.header('pragma', 'no-cache').send(issued)
  })
}
