/** People who may share their servers, and the links they make. */
import { type WholeContext } from '../../src/context.ts'
import { unescapeHtml, type Page } from './browser.ts'

/** By default nobody but administrators may (contract §3.10). */
export function allowSharing({ store, access }: WholeContext, userName: string): void {
  const scopes = ['shares!user', 'read:users:name', 'read:groups:name']
  const role = { name: 'sharer', description: 'May share', scopes }
  const { id } = store.users.getByName(userName)
  const stored = store.roles.save(role, { fromConfig: true })
  store.roles.assign(stored.id, { kind: 'user', id })
  access.forget(id)
}

/** Path and query of the link that a page shows, once. */
export function linkIn({ text }: Page): string {
  const link = unescapeHtml(/data-copy="the link">([^<]+)</.exec(text)?.[1] ?? '')
  const url = URL.parse(link)
  return url ? url.pathname + url.search : ''
}
