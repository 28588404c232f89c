/** Whatever is not a plain look at a page has to come from a page of ours (S-03, S-07). */
import { type FastifyInstance } from 'fastify'
import { type Xsrf } from '../core/xsrf.ts'
import { HubError } from '../lib/errors.ts'
import { formOf, queryOf } from './form.ts'
import { type Origins } from './origin.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** It changes nothing whatever the method, so it takes any request. */
    changesNothing?: true
  }
}

export type CsrfNeeds = { readonly xsrf: Xsrf; readonly origins: Origins }

const refused = new WeakSet<object>()

/** Whether it was the form's token that did not fit, so that the form should be shown again. */
export const isStaleForm = (error: object): boolean => refused.has(error)

/** Guards every route that is registered on `app`, whatever it declares. */
export function requireOwnForms(app: FastifyInstance, { xsrf, origins }: CsrfNeeds): void {
  // Before the handler and after the body: the token is in the form.
  app.addHook('preHandler', (request, _reply, done) => {
    if (isSafe(request.method) || request.routeOptions.config.changesNothing) {
      done()
      return
    }
    const { proto, host } = origins.of(request.raw)
    const given = formOf(request).get('_xsrf') ?? queryOf(request).get('_xsrf') ?? undefined
    try {
      xsrf.require(
        { headers: request.headers, ownOrigin: `${proto}://${host}`, given },
        request.visitor,
      )
      done()
    } catch (thrown) {
      done(asStale(thrown))
    }
  })
}

/** @see RFC 9110 §9.2.1 */
const isSafe = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

function asStale(thrown: unknown): Error {
  const detail = thrown instanceof HubError ? thrown.message : 'the _xsrf check failed'
  const error = new HubError(
    'Forbidden',
    `This form is too old, or another page sent it. Go back, reload the page and try again. (${detail})`,
    { cause: thrown },
  )
  refused.add(error)
  return error
}
