/** Pages of long lists: offset and limit in, a bare list or JupyterHub's paginated shape out (contract §0.8). */
import { Type } from 'typebox'
import { invalidInput } from '../lib/errors.ts'
import { parseQuery } from '../lib/fields.ts'

/** What these functions need of a request. */
export type PageRequest = {
  readonly url: string
  readonly protocol: string
  /** With its port, as the client sees it. */
  readonly host: string
  readonly headers: { readonly accept?: string | undefined }
}

export type Page = {
  readonly offset: number
  readonly limit: number
  /** The client asked for the paginated shape. */
  readonly wrapped: boolean
}

/** What a client must accept to get the paginated shape. */
const pageType = 'application/jupyterhub-pagination+json'

/** JupyterHub: `api_page_default_limit` for clients that follow pages, `api_page_max_limit` for all. */
export type PageLimits = {
  readonly page_default_limit: number
  readonly page_max_limit: number
}

const most = 10 ** 15 - 1
const number = { minimum: -most, maximum: most }

/** The parameters of a list. */
export const pageQuery = {
  offset: Type.Integer({ ...number, description: 'How many to leave out at the beginning.' }),
  limit: Type.Integer({ ...number, description: 'How many to give; there is an upper limit.' }),
}

/** The query of a request; of repeated parameters the last one counts, as in JupyterHub. @throws {HubError} TooLarge */
export function queryOf(request: { readonly url: string }): URLSearchParams {
  return parseQuery(request.url)
}

/** @returns a value without outer spaces. */
export function lastOf(query: URLSearchParams, name: string): string | undefined {
  return query.getAll(name).at(-1)?.trim()
}

/** @throws {HubError} InvalidInput when offset or limit are no integers. */
export function readPage(request: PageRequest, limits: PageLimits): Page {
  const query = queryOf(request)
  const wrapped = acceptsPages(request.headers.accept)
  const offset = integer(lastOf(query, 'offset'), 0)
  const usual = wrapped ? limits.page_default_limit : limits.page_max_limit
  const limit = integer(lastOf(query, 'limit'), usual)
  return {
    offset: Math.max(0, offset),
    limit: Math.min(Math.max(1, Math.abs(limit)), limits.page_max_limit),
    wrapped,
  }
}

/** @returns the items themselves, or wrapped with where they stand and where the next page is. */
export function paginate(
  request: PageRequest,
  page: Page,
  { items, total }: { readonly items: unknown; readonly total: number },
): unknown {
  if (!page.wrapped) return items
  const { offset, limit } = page
  return { items, _pagination: { offset, limit, total, next: nextPage(request, page, total) } }
}

function acceptsPages(accept = ''): boolean {
  return accept.split(',').some((element) => element.trim().toLowerCase() === pageType)
}

function integer(text: string | undefined, absent: number): number {
  if (text === undefined) return absent
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined
  if (value === undefined)
    throw invalidInput('Invalid argument type, offset and limit must be integers')
  return value
}

function nextPage(request: PageRequest, { offset, limit }: Page, total: number): unknown {
  const next = offset + limit
  if (next >= total) return null
  const query = queryOf(request)
  query.set('offset', String(next))
  query.set('limit', String(limit))
  const path = request.url.split('?', 1)[0] ?? ''
  const url = `${request.protocol}://${request.host}${path}?${query.toString()}`
  return { offset: next, limit, url }
}
