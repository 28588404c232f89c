/** How a browser addressed us: scheme, host and its own address, with the word of trusted reverse proxies taken. */
import { BlockList, isIP } from 'node:net'
import { type RequestFacts } from '../proxy/policy.ts'

export type Origin = {
  readonly proto: 'http' | 'https'
  /** With its port, as in the Host header. */
  readonly host: string
  readonly port: number
  /** The client's IP address. */
  readonly address: string
  /** The peer is a trusted reverse proxy. */
  readonly trustedPeer: boolean
}

export type OriginNeeds = {
  /** IP addresses or networks (`10.0.0.0/8`). */
  readonly trustedProxies: readonly string[]
  /** `https://hub.example.org`; empty: what the request says. */
  readonly publicUrl: string
  /** The hub speaks TLS itself: what comes in without it is no HTTPS, whatever the public URL says. */
  readonly speaksTls?: boolean
}

export interface Origins {
  of(request: RequestFacts): Origin
  /** Over TLS, to us or to a trusted reverse proxy. */
  arrivedSecurely(request: RequestFacts): boolean
  /** Whether what a peer says about where a request came from is believed (security S-57). */
  trusts(address: string): boolean
}

export function createOrigins(needs: OriginNeeds): Origins {
  const { trustedProxies, publicUrl } = needs
  const trusted = new BlockList()
  for (const entry of trustedProxies) addTo(trusted, entry)
  const own = publicUrl === '' ? undefined : new URL(publicUrl)

  const judge = (address: string): boolean => {
    const plain = withoutMapping(address)
    return isIP(plain) > 0 && trusted.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }

  /** Asked with every request, and those of one peer come one behind the other. */
  let lastAddress = ''
  let lastTrust = false
  const trusts = (address: string): boolean => {
    if (address !== lastAddress) [lastAddress, lastTrust] = [address, judge(address)]
    return lastTrust
  }

  const protoSeen = ({ socket, headers }: RequestFacts, trustedPeer: boolean) =>
    protoOf(
      (trustedPeer ? first(headers['x-forwarded-proto']) : undefined) ??
        ('encrypted' in socket ? 'https' : 'http'),
    )

  const addressed = (request: RequestFacts, trustedPeer: boolean) => {
    const proto = protoSeen(request, trustedPeer)
    if (own && !(needs.speaksTls && proto === 'http'))
      return { proto: protoOf(own.protocol), host: own.host }
    const said = trustedPeer ? first(request.headers['x-forwarded-host']) : undefined
    return { proto, host: said ?? request.headers.host ?? 'localhost' }
  }

  const peerOf = ({ socket }: RequestFacts): string => withoutMapping(socket.remoteAddress ?? '')

  return {
    trusts,
    arrivedSecurely: (request) => protoSeen(request, trusts(peerOf(request))) === 'https',
    of(request) {
      const peer = peerOf(request)
      const trustedPeer = trusts(peer)
      const { proto, host } = addressed(request, trustedPeer)
      const port = portOf(host) ?? (proto === 'https' ? 443 : 80)
      const address = trustedPeer ? clientOf(request, peer, trusts) : peer
      return { proto, host, port, address, trustedPeer }
    },
  }
}

function addTo(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
}

/** The nearest address in X-Forwarded-For that is none of our own proxies; everything before it may be made up. */
function clientOf(
  request: RequestFacts,
  peer: string,
  trusts: (address: string) => boolean,
): string {
  const header = request.headers['x-forwarded-for']
  const chain = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((entry) => withoutMapping(entry.trim()))
    .filter((entry) => isIP(entry) > 0)
  return chain.findLast((entry) => !trusts(entry)) ?? chain[0] ?? peer
}

const protoOf = (text: string): 'http' | 'https' =>
  /^(?:https|wss)/i.test(text) ? 'https' : 'http'

const first = (header: string | string[] | undefined): string | undefined =>
  (Array.isArray(header) ? header[0] : header)?.split(',', 1)[0]?.trim()

/** An IPv4 address seen through an IPv6 socket (RFC 4291 §2.5.5.2). */
const withoutMapping = (address: string): string =>
  address.startsWith('::') ? address.replace(/^::ffff:(?=\d+\.)/i, '') : address

function portOf(host: string): number | undefined {
  const match = /:(\d{1,5})$/.exec(host)
  return match === null ? undefined : Number(match[1])
}
