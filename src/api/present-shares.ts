/** Shares and share codes → JSON (contract §3.10). */
import { serverPath } from '../model/server.ts'
import { type Share, type ShareCode, type SharedServer } from '../model/share.ts'
import { timestamp, type Json, type PresenterNeeds } from './present.ts'

export interface SharePresenter {
  share(share: Share): Json
  /** @param secret shown once, when the code is made */
  code(code: ShareCode, secret?: string): Json
}

export function createSharePresenter({ config }: Pick<PresenterNeeds, 'config'>): SharePresenter {
  const { base_url: baseUrl, public_url: publicUrl } = config
  const absolute = (path: string): string | null => (publicUrl === '' ? null : publicUrl + path)

  const server = ({ userName, name, ready }: SharedServer): Json => {
    const url = serverPath(baseUrl, userName, name)
    return { user: { name: userName }, name, url, full_url: absolute(url), ready }
  }

  const acceptUrls = (secret: string): Json => {
    const path = `${baseUrl}hub/accept-share?code=${encodeURIComponent(secret)}`
    return { code: secret, accept_url: path, full_accept_url: absolute(path) }
  }

  return {
    share: (shown) => ({
      server: server(shown.server),
      scopes: shown.scopes,
      user: shown.with.kind === 'user' ? { name: shown.with.name } : null,
      group: shown.with.kind === 'group' ? { name: shown.with.name } : null,
      kind: shown.with.kind,
      created_at: timestamp(shown.createdAt),
    }),
    code: (shown, secret) => ({
      server: server(shown.server),
      scopes: shown.scopes,
      id: `sc_${shown.id}`,
      created_at: timestamp(shown.createdAt),
      expires_at: timestamp(shown.expiresAt),
      exchange_count: shown.exchangeCount,
      last_exchanged_at: timestamp(shown.lastExchangedAt),
      ...(secret === undefined ? {} : acceptUrls(secret)),
    }),
  }
}
