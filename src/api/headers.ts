/** The headers of every answer of the API, errors included (contract §0.3). */
import { type Config } from '../config/schema.ts'

export function apiHeaders(
  config: Pick<Config, 'base_url' | 'jupyterhub_version'>,
): Readonly<Record<string, string>> {
  const reportTo = `${config.base_url}hub/security/csp-report`
  return {
    'x-jupyterhub-version': config.jupyterhub_version,
    'access-control-allow-headers': 'accept, content-type, authorization',
    'content-security-policy': `frame-ancestors 'none'; report-uri ${reportTo}; default-src 'none'`,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  }
}
