/** The headers that every page carries: what it may load, who may frame, open or read it (S-21, S-23, S-31). */
import { DAY, SECOND } from '../lib/time.ts'

/** No inline script or style, nothing from elsewhere, no frames, and forms that lead to this hub only. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const always: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'cache-control': 'no-store',
}

/**
 * For a page whose form leads on to `origin` in the end: browsers hold every redirect behind a form against its policy.
 * @see https://www.w3.org/TR/CSP3/#directive-form-action
 */
export const withFormsTo = (policy: string, origin: string): string =>
  policy.replace("form-action 'self'", `form-action 'self' ${origin}`)

/** A browser that has seen this site over TLS asks for nothing less for this long. */
const strictTransportSeconds = (365 * DAY) / SECOND

/** @param reportPath where browsers tell what they refused */
export function pageHeaders(
  proto: 'http' | 'https',
  reportPath?: string,
): Readonly<Record<string, string>> {
  const policy = reportPath === undefined ? '' : `; report-uri ${reportPath}`
  const transport = { 'strict-transport-security': `max-age=${strictTransportSeconds}` }
  return {
    ...always,
    'content-security-policy': contentSecurityPolicy + policy,
    ...(proto === 'https' ? transport : {}),
  }
}
