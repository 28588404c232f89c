/** What a login at a provider has to remember until the browser is back: sealed, and kept by that browser itself. */
import { type KeyObject } from 'node:crypto'
import { equalSecrets, hmac } from '../lib/secret.ts'

export type LoginFlow = {
  /** What the authenticator wants back. */
  readonly flow: Readonly<Record<string, string>>
  /** A page of this site, checked before it was sealed. */
  readonly next: string | undefined
}

/** Time enough to find a second factor. */
export const flowSeconds = 600

/** @returns a cookie value: readable for its browser, which may know it, but made by this hub only. */
export function sealFlow(key: KeyObject, { flow, next }: LoginFlow, now: Date): string {
  const expiresMs = now.getTime() + flowSeconds * 1000
  const content = Buffer.from(JSON.stringify({ flow, next, expiresMs })).toString('base64url')
  return `${content}.${signature(key, content)}`
}

/** @returns undefined for one that is missing, forged or too old. */
export function openFlow(
  key: KeyObject,
  sealed: string | undefined,
  now: Date,
): LoginFlow | undefined {
  const [content = '', given = ''] = sealed?.split('.') ?? []
  if (!equalSecrets(given, signature(key, content))) return undefined
  const { expiresMs, ...opened } = JSON.parse(
    Buffer.from(content, 'base64url').toString('utf8'),
  ) as LoginFlow & { expiresMs: number }
  return now.getTime() < expiresMs ? { flow: opened.flow, next: opened.next } : undefined
}

const signature = (key: KeyObject, content: string): string => hmac(key, `login flow ${content}`)
