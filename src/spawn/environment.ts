/** The environment of a server, built from nothing: what the hub's own holds never reaches it. */
import { type Config } from '../config/schema.ts'
import { type ServerSettings } from '../model/profile.ts'
import { escapeName, serverClientId, serverPath } from '../model/server.ts'

export type EnvironmentNeeds = {
  readonly config: Pick<Config, 'base_url' | 'public_url'> & {
    readonly spawner: Pick<Config['spawner'], 'path'>
  }
  /** What this start came to. */
  readonly settings: Pick<ServerSettings, 'environment' | 'defaultUrl' | 'memoryBytes' | 'cpuCores'>
  readonly server: { readonly userName: string; readonly name: string }
  /** The API token of this run; also the secret of its OAuth client. */
  readonly secret: string
  /** Where the hub's API listens for servers. */
  readonly internalPort: number
}

/**
 * Everything but what only the spawner knows: HOME, USER, LOGNAME, SHELL and JUPYTERHUB_SERVICE_URL.
 * What is set for it wins over defaults such as PATH and LANG, and never over its limits, who the server is, where its
 * hub is and which secret it has: a server with another identity than its own logs nobody in.
 * JupyterHub: `Spawner.get_env` (contract §1.2)
 */
export function serverEnvironment(needs: EnvironmentNeeds): Record<string, string> {
  const { config, settings, server, secret } = needs
  return {
    ...defaults(config.spawner.path, settings.defaultUrl),
    ...settings.environment,
    ...limits(settings),
    ...identity(server, secret),
    ...addresses(needs),
  }
}

/** What every server has, unless its environment is told to differ. */
export const usualEnvironment = (path: string) => ({
  PATH: path,
  // There on every system, and never an encoding that cannot say what a notebook holds.
  LANG: 'C.UTF-8',
})

function defaults(path: string, defaultUrl: string): Record<string, string> {
  return {
    ...usualEnvironment(path),
    ...(defaultUrl === '' ? {} : { JUPYTERHUB_DEFAULT_URL: defaultUrl }),
  }
}

/** In bytes and cores, where there are any. JupyterHub: `Spawner.get_env` */
function limits({ memoryBytes, cpuCores }: EnvironmentNeeds['settings']): Record<string, string> {
  return {
    ...(memoryBytes === 0 ? {} : { MEM_LIMIT: String(memoryBytes) }),
    ...(cpuCores === 0 ? {} : { CPU_LIMIT: String(cpuCores) }),
  }
}

function identity(server: EnvironmentNeeds['server'], secret: string): Record<string, string> {
  const { userName, name } = server
  const accessScopes = JSON.stringify([
    `access:servers!server=${userName}/${name}`,
    `access:servers!user=${userName}`,
  ])
  return {
    JUPYTERHUB_API_TOKEN: secret,
    JPY_API_TOKEN: secret,
    JUPYTERHUB_CLIENT_ID: serverClientId(userName, name),
    JUPYTERHUB_USER: userName,
    JUPYTERHUB_SERVER_NAME: name,
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: accessScopes,
    JUPYTERHUB_OAUTH_SCOPES: accessScopes,
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '[]',
  }
}

function addresses({ config, server, internalPort }: EnvironmentNeeds): Record<string, string> {
  const { base_url: baseUrl, public_url: publicUrl } = config
  const prefix = serverPath(baseUrl, server.userName, server.name)
  const apiUrl = `http://127.0.0.1:${internalPort}${baseUrl}hub/api`
  const inPublic = (path: string): string => (publicUrl === '' ? '' : publicUrl + path)
  return {
    JUPYTERHUB_BASE_URL: baseUrl,
    JUPYTERHUB_SERVICE_PREFIX: prefix,
    JUPYTERHUB_OAUTH_CALLBACK_URL: `${prefix}oauth_callback`,
    JUPYTERHUB_API_URL: apiUrl,
    JUPYTERHUB_ACTIVITY_URL: `${apiUrl}/users/${escapeName(server.userName)}/activity`,
    // Empty: redirects stay on whatever name the browser knows this site by.
    JUPYTERHUB_HOST: '',
    JUPYTERHUB_PUBLIC_URL: inPublic(prefix),
    JUPYTERHUB_PUBLIC_HUB_URL: inPublic(`${baseUrl}hub/`),
  }
}
