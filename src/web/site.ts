/** What every page file works with: the context, and how a page is shown, a login begun and ended. */
import { type FastifyReply, type FastifyRequest } from 'fastify'
import path from 'node:path'
import { type Config } from '../config/schema.ts'
import { type Context } from '../context.ts'
import { type LoggedIn } from '../core/login.ts'
import { type Origin as LoginOrigin } from '../core/sessions.ts'
import { createXsrf, type Xsrf } from '../core/xsrf.ts'
import { forbidden } from '../lib/errors.ts'
import { programFile } from '../lib/program.ts'
import { safeNext } from '../lib/url.ts'
import { isActive, serverPath } from '../model/server.ts'
import { sessionCookie } from '../model/session.ts'
import { type User } from '../model/user.ts'
import { announcementOn } from './announcements.ts'
import { readAssets, type Assets } from './assets.ts'
import { formOf, queryOf } from './form.ts'
import { sectionsFor, servicesFor } from './menu.ts'
import { isEmbedded } from './navigation.ts'
import { type Origins } from './origin.ts'
import { checkOwnFiles } from './own-files.ts'
import { createSessionCookies } from './session.ts'
import { createViews, type Frame, type ViewData, type ViewName, type Views } from './views.ts'

export type PageNeeds = Context & { readonly origins: Origins }

export type Site = PageNeeds & {
  /** `/hub/` with the base URL. */
  readonly hubPath: string
  readonly xsrf: Xsrf
  /** As they are now. */
  readonly assets: Assets
  /** Ends a reply with a page. @throws {HubError} Forbidden for anything but a tab: what is on a page is for people. */
  show<Name extends ViewName>(reply: FastifyReply, name: Name, data: ViewData[Name]): FastifyReply
  /** Where a login or a start leads, from the form or the query, when that is on this site (S-01, S-02). */
  nextOf(request: FastifyRequest): string | undefined
  /** Where somebody belongs who asked for nothing: what is configured, their running server, or a start of it (contract §5.5). */
  placeOf(user: User): string
  whereFrom(request: FastifyRequest): LoginOrigin
  /** `https://hub.example.org`, as this browser knows it. */
  ownOrigin(request: FastifyRequest): string
  /** Makes the browser logged in. The login it had before ends (S-53). */
  begin(reply: FastifyReply, login: LoggedIn): void
  /** Takes every cookie of a login from the browser. */
  clearCookies(reply: FastifyReply): void
  setXsrf(reply: FastifyReply, token: string): void
}

const viewsDir = programFile('views')

type Looks = { readonly views: Views; readonly assets: Assets }

/** The administrators' own views and files before ours, as they are at this moment. */
function readLooks({ views_dir: ownDir, logo_file: logoFile }: Config): Looks {
  const dirs = ownDir === '' ? [viewsDir] : [ownDir, viewsDir]
  const statics = dirs.map((dir) => path.join(dir, 'static'))
  return { views: createViews(...dirs), assets: readAssets(statics, logoFile) }
}

export function createSite(needs: PageNeeds): Site {
  const { access, origins, store } = needs
  const baseUrl = needs.config.base_url
  const hubPath = `${baseUrl}hub/`
  checkOwnFiles(needs.config)
  let looks = readLooks(needs.config)
  needs.settings.onChange(() => (looks = readLooks(needs.config)))
  const xsrf = createXsrf(needs.signingKey)
  const isSecure = (reply: FastifyReply): boolean => origins.of(reply.request.raw).proto === 'https'
  const cookies = createSessionCookies({ baseUrl, hubPath, isSecure })
  const notice = needs.authenticator.kind === 'password' ? needs.authenticator.notice : undefined

  const frameFor = (reply: FastifyReply, view: ViewName): Frame => {
    const { visitor, headers, id } = reply.request
    const { token, isNew } = xsrf.tokenFor(headers, visitor)
    const { version } = looks.assets
    if (isNew) cookies.setXsrf(reply, token)
    return {
      hubPath,
      user: visitor && { name: visitor.user.name, admin: access.can(visitor, 'admin-ui') },
      sections: sectionsFor({ access, hubPath }, visitor),
      services: servicesFor(needs, visitor),
      xsrf: token,
      announcement: announcementOn(view, needs.config.announcement),
      notice,
      requestId: id,
      logoPath: `${hubPath}logo?v=${version}`,
      assetVersion: version,
    }
  }

  return {
    ...needs,
    hubPath,
    xsrf,
    get assets() {
      return looks.assets
    },
    show(reply, name, data) {
      if (isEmbedded(reply.request.headers))
        throw forbidden('Pages of this hub can only be opened in a tab of their own.')
      const html = looks.views.render(name, frameFor(reply, name), data)
      return reply.type('text/html; charset=utf-8').send(html)
    },
    nextOf(request) {
      const { proto, host } = origins.of(request.raw)
      const next = formOf(request).get('next') ?? queryOf(request).get('next') ?? undefined
      return safeNext(next, { host, protocol: proto, baseUrl })
    },
    placeOf(user) {
      const { default_url: defaultUrl, redirect_to_server: leadsToServer } = needs.config
      if (defaultUrl !== '') return defaultUrl
      if (!leadsToServer) return `${hubPath}home`
      const server = store.servers.findByName(user.id, '')
      return server && isActive(server) ? serverPath(baseUrl, user.name, '') : `${hubPath}spawn`
    },
    whereFrom: (request) => ({
      address: origins.of(request.raw).address,
      userAgent: request.headers['user-agent'] ?? '',
    }),
    ownOrigin(request) {
      const { proto, host } = origins.of(request.raw)
      return `${proto}://${host}`
    },
    begin(reply, login) {
      const before = reply.request.visitor?.credential
      if (before?.kind === 'session') needs.sessions.end(before.session)
      cookies.set(reply, login)
      const visitor = access.identifySession({ cookie: `${sessionCookie.plain}=${login.secret}` })
      cookies.setXsrf(reply, xsrf.tokenFor({}, visitor).token)
    },
    clearCookies: (reply) => cookies.clear(reply),
    setXsrf: (reply, token) => cookies.setXsrf(reply, token),
  }
}
