/** The environment of a service that the hub runs, built from nothing (contract §7.1). */
import { type Config } from '../config/schema.ts'
import { servicePath } from '../model/service.ts'

export type ServiceEnvironmentNeeds = {
  readonly config: Pick<Config, 'base_url' | 'public_url'> & {
    readonly spawner: Pick<Config['spawner'], 'path'>
  }
  readonly service: { readonly name: string; readonly url: string | undefined }
  /** Variables that the configuration gives it. */
  readonly more: Readonly<Record<string, string>>
  /** Its OAuth client, if it has one. */
  readonly client:
    | {
        readonly id: string
        readonly redirectUri: string
        readonly allowedScopes: readonly string[]
      }
    | undefined
  /** Its API token; also the secret of its OAuth client. */
  readonly secret: string
  /** Where the hub's API listens for services. */
  readonly internalPort: number
}

/**
 * Everything but what only the machine knows: HOME, USER, LOGNAME and SHELL. What the configuration gives wins over
 * defaults such as PATH, and never over who the service is and which secret it has.
 */
export function serviceEnvironment(needs: ServiceEnvironmentNeeds): Record<string, string> {
  const { config, service, more, client, secret, internalPort } = needs
  const { base_url: baseUrl, public_url: publicUrl } = config
  const prefix = servicePath(baseUrl, service.name)
  const access = JSON.stringify(['access:services', `access:services!service=${service.name}`])
  const inPublic = (path: string): string => (publicUrl === '' ? '' : publicUrl + path)
  return {
    PATH: config.spawner.path,
    LANG: 'C.UTF-8',
    ...more,
    JUPYTERHUB_SERVICE_NAME: service.name,
    JUPYTERHUB_API_TOKEN: secret,
    JPY_API_TOKEN: secret,
    JUPYTERHUB_API_URL: `http://127.0.0.1:${internalPort}${baseUrl}hub/api`,
    JUPYTERHUB_BASE_URL: baseUrl,
    JUPYTERHUB_SERVICE_PREFIX: prefix,
    JUPYTERHUB_SERVICE_URL: service.url ?? '',
    JUPYTERHUB_CLIENT_ID: client?.id ?? '',
    JUPYTERHUB_OAUTH_CALLBACK_URL: client?.redirectUri ?? '',
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: JSON.stringify(client?.allowedScopes ?? []),
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: access,
    JUPYTERHUB_OAUTH_SCOPES: access,
    JUPYTERHUB_HOST: '',
    JUPYTERHUB_PUBLIC_URL: inPublic(prefix),
    JUPYTERHUB_PUBLIC_HUB_URL: inPublic(`${baseUrl}hub/`),
    JUPYTERHUB_USER: '',
    JUPYTERHUB_SERVER_NAME: '',
  }
}
