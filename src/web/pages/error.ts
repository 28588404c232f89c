/** Addresses that lead nowhere, and the pages that a reverse proxy may show for its own errors (contract §5.1). */
import { type FastifyInstance } from 'fastify'
import { notFound } from '../../lib/errors.ts'
import { answerProblem, titleOf } from '../errors.ts'
import { type Site } from '../site.ts'

const nothingHere = 'There is no page at this address. It may be misspelt, or the page has gone.'

const sentences: Readonly<Record<string, string>> = {
  '403': 'You may not see this page.',
  '404': nothingHere,
  '503':
    'This server does not answer. It may have been stopped; your home page can start it again.',
}

export function errorPages(app: FastifyInstance, site: Site): void {
  const { hubPath } = site
  const baseUrl = site.config.base_url

  app.get<{ Params: { code: string } }>(
    `${hubPath}error/:code`,
    { config: { access: 'anyone' } },
    (request, reply) => {
      const { code } = request.params
      if (!/^[1-9]\d{2}$/.test(code)) throw notFound(nothingHere)
      const status = Number(code)
      const message = sentences[code] ?? `The server answered with the error ${status}.`
      return site.show(reply, 'error', { status, title: titleOf(status), message })
    },
  )

  app.setNotFoundHandler((request, reply) => {
    const { url, method } = request
    const isHubs = url.startsWith(hubPath) || !url.startsWith(baseUrl)
    // JupyterHub's default route: everything that is no server's belongs to the hub.
    if (!isHubs && method === 'GET') return reply.redirect(hubPath + url.slice(baseUrl.length))
    const { message, status } = isHubs ? notFound(nothingHere) : notAllowed()
    const problem = { status, title: titleOf(status), message, retryAfterSeconds: undefined }
    return answerProblem(site, reply, problem)
  })
}

const notAllowed = (): { status: number; message: string } => ({
  status: 405,
  message: 'Nothing can be sent to this address.',
})
