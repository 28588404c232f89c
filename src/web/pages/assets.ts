/** The static files, the logo, and the sign of life: what anybody may load without a cookie. */
import { type FastifyInstance, type FastifyReply } from 'fastify'
import { notFound } from '../../lib/errors.ts'
import { type Asset } from '../assets.ts'
import { queryOf } from '../form.ts'
import { type Site } from '../site.ts'

/** Under an address with the right version a file never changes. */
const forEver = 'public, max-age=31536000, immutable'

const config = { access: 'anyone', embeddable: true } as const

export function assetRoutes(app: FastifyInstance, site: Site): void {
  const { hubPath } = site

  const send = (reply: FastifyReply, asset: Asset | undefined): FastifyReply => {
    if (!asset) throw notFound('There is no such file.')
    const isCurrent = queryOf(reply.request).get('v') === site.assets.version
    reply.headers({ etag: asset.etag, 'cache-control': isCurrent ? forEver : 'no-cache' })
    if (reply.request.headers['if-none-match'] === asset.etag) return reply.code(304).send()
    return reply.type(asset.type).send(asset.content)
  }

  app.get<{ Params: { name: string } }>(`${hubPath}static/:name`, { config }, (request, reply) =>
    send(reply, site.assets.find(request.params.name)),
  )
  // Classic Notebook's header shows it from here (contract §1.7).
  app.get(`${hubPath}logo`, { config }, (_request, reply) => send(reply, site.assets.logo))
  app.get(`${hubPath}health`, { config }, (_request, reply) => reply.code(200).send())
}
