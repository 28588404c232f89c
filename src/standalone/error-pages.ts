/** What people see when no server answered: the hub's own page, a file, or a bare sentence. */
import { readFile } from 'node:fs/promises'
import http, { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import path from 'node:path'
import { asError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { programFile } from '../lib/program.ts'
import { SECOND } from '../lib/time.ts'
import { type ClientTls } from '../proxy/routes.ts'

export type ErrorPagesNeeds = {
  /** Asked `CODE?url=…` below itself. */
  readonly target?: string | undefined
  /** The folder of `CODE.html` and `error.html`. */
  readonly folder?: string | undefined
  readonly tls?: ClientTls | undefined
  readonly log: Log
}

export interface ErrorPages {
  /** Answers with this status; of an answer that has begun, the connection is cut. */
  answer(status: number, request: IncomingMessage, response: ServerResponse): void
}

/** The hub is asked on the way of somebody who waits. */
const patienceMs = 10 * SECOND

/** @see configurable-http-proxy: `handleProxyError` */
export function createErrorPages({ target, folder, tls, log }: ErrorPagesNeeds): ErrorPages {
  const own = folder ?? programFile('views/proxy')

  const plain = (status: number, response: ServerResponse): void => {
    if (response.headersSent) response.destroy()
    else {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(STATUS_CODES[status])
    }
  }

  const fromFile = async (status: number, response: ServerResponse): Promise<void> => {
    const page = (await read(own, `${status}.html`)) ?? (await read(own, 'error.html'))
    if (page === undefined || response.headersSent) {
      plain(status, response)
      return
    }
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  }

  const fromTarget = (
    { base, status }: { base: string; status: number },
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    const failed = (error: unknown): void => {
      log.error({ reason: asError(error).message }, 'the error target gave no page')
      plain(status, response)
    }
    const asked = ask(pageUrl(base, status, request.url ?? '/'), tls)
    asked.setTimeout(patienceMs, () => asked.destroy(new Error('it took too long')))
    asked.on('error', failed)
    asked.on('response', (page) => {
      page.on('error', failed)
      response.writeHead(status, fieldsOf(page))
      page.pipe(response)
    })
    response.once('close', () => asked.destroy())
    asked.end()
  }

  return {
    answer(status, request, response) {
      if (response.headersSent) plain(status, response)
      else if (target !== undefined) fromTarget({ base: target, status }, request, response)
      else fromFile(status, response).catch(() => plain(status, response))
    },
  }
}

async function read(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path.join(folder, name))
  } catch {
    return undefined
  }
}

function pageUrl(base: string, status: number, asked: string): URL {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${status}`
  url.searchParams.set('url', asked)
  return url
}

function ask(url: URL, tls: ClientTls | undefined): http.ClientRequest {
  const agent = { agent: false, method: 'GET' } as const
  if (url.protocol === 'https:') return https.request(url, { ...agent, ...tls })
  if (url.protocol === 'http:') return http.request(url, agent)
  const { pathname, search, host } = url
  const socketPath = decodeURIComponent(host)
  return http.request({
    ...agent,
    socketPath,
    path: pathname + search,
    headers: { host: 'localhost' },
  })
}

function fieldsOf({ headers }: IncomingMessage): http.OutgoingHttpHeaders {
  const type = headers['content-type']
  const encoding = headers['content-encoding']
  return {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  }
}
