/** What is wrong with the settings of the REST API of routes, beside their form. */
import { type Fault } from './decode.ts'
import { type Config } from './schema.ts'

type Whole = Pick<Config, 'routes_api' | 'port' | 'internal_port' | 'https'>

/** Whoever guesses it leads everybody wherever they like. */
const fewestTokenCharacters = 16

/** Until it is enabled its settings may be set one after the other. */
export function checkRoutesApi({ routes_api: wanted, ...others }: Whole): Fault[] {
  const { enabled, host, port, token, open_to_network: isOpen } = wanted
  if (!enabled) return []
  const faults: Fault[] = []
  const add = (key: string, sentence: string): void =>
    void faults.push({ at: ['routes_api', key], sentence, isMissing: false })
  if (token.length < fewestTokenCharacters)
    add('token', `has fewer than ${fewestTokenCharacters} characters; openssl rand -hex 32 prints one.`) // prettier-ignore
  else if (!/^[\x21-\x7e]+$/.test(token))
    add('token', 'has spaces or letters that no header takes.')
  if (!isLoopback(host) && !isOpen)
    add(
      'host',
      'is reached by the network, where the token travels unencrypted; keep 127.0.0.1, or set `routes_api.open_to_network`.',
    )
  const like = Object.entries(portsOf(others)).find(([, taken]) => taken === port && port !== 0)
  if (like) add('port', `is ${port}, like \`${like[0]}\`; choose another one, or 0.`)
  return faults
}

const portsOf = ({ port, internal_port, https }: Omit<Whole, 'routes_api'>) => ({
  port,
  internal_port,
  ...(https.enabled ? { 'https.port': https.port } : {}),
})

const isLoopback = (host: string): boolean => /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/.test(host)
