/** Logging out: this browser, or all of them. */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { formOf } from '../form.ts'
import { isFromElsewhere } from '../navigation.ts'
import { type Site } from '../site.ts'

export function logoutPages(app: FastifyInstance, site: Site): void {
  const logoutPath = `${site.hubPath}logout`

  const leave = (reply: FastifyReply): FastifyReply => {
    site.clearCookies(reply)
    return reply.redirect(`${site.hubPath}login`)
  }
  const endThisOne = (reply: FastifyReply): FastifyReply => {
    const credential = reply.request.visitor?.credential
    if (credential?.kind === 'session') site.sessions.end(credential.session)
    return leave(reply)
  }

  // JupyterLab's "Log Out" leads here by a plain link (contract §1.7). Another site may not do the same in somebody's name.
  app.get(logoutPath, { config: { access: 'anyone' }, exposeHeadRoute: false }, (request, reply) =>
    request.visitor && isFromElsewhere(request.headers)
      ? site.show(reply, 'logout', {})
      : endThisOne(reply),
  )

  app.post(logoutPath, { config: { access: 'anyone' } }, (request, reply) => {
    if (!request.visitor || formOf(request).get('everywhere') !== 'yes') return endThisOne(reply)
    site.sessions.endAllOf(request.visitor.user.id)
    return leave(reply)
  })
}
