/** The doctor goes through whatever stands in front of the hub, as a browser would, and says what gets lost there. */
import { type Config } from '../config/schema.ts'
import { MINUTE } from '../lib/time.ts'
import { fail, ok, warn, type Finding } from './finding.ts'
import { probeUpload, probeWebSocket, uploadBytes, type Answer, type Seen } from './front-probe.ts'

export type FrontNeeds = {
  readonly config: Pick<Config, 'public_url' | 'base_url'>
  /** A token that may read facts about the hub. */
  readonly secret: string
  readonly now: Date
}

const snippets =
  '`littlehub doctor --snippet nginx` (or apache, caddy) prints a configuration that works.'

/** Nothing, where there is no public address. */
export async function checkFront({ config, secret, now }: FrontNeeds): Promise<Finding[]> {
  if (config.public_url === '') return []
  const url = new URL(`${config.base_url}hub/health`, config.public_url)
  const probed = await probeWebSocket(url, secret)
  if ('why' in probed) return [unreachable(url, probed.why)]
  if ('answer' in probed) return [noWebSocket(url, probed.answer)]
  const faults = lostHeaders(url, probed.seen)
  const upload = await probeUpload(url, secret)
  if ('why' in upload) faults.push(uploadFault(upload.why))
  else {
    if (upload.status === 413 && !isHub(upload)) faults.push(uploadFault('413, too large'))
    faults.push(...clockFault(upload, now))
  }
  return faults.length > 0
    ? faults
    : [ok('front', `a WebSocket and an upload of 2 MB come through at ${url.origin}`)]
}

const unreachable = (url: URL, why: string): Finding =>
  fail(
    'front',
    `${url.origin} (public_url) does not answer this machine: ${why}`,
    'Look at the web server in front, its certificate, the firewall and the DNS; or correct public_url.',
  )

function noWebSocket(url: URL, answer: Answer): Finding {
  const { status } = answer
  if (status === 200)
    return fail(
      'front',
      `${url.origin} takes away the headers Upgrade and Connection, so that no kernel can be reached`,
      `Have what stands in front pass WebSockets on. ${snippets}`,
    )
  const { server } = answer.headers as { readonly server?: string }
  const who = server === undefined ? '' : ` (${server})`
  const found = `a WebSocket to ${url.href} is answered with ${status}${who}`
  return fail('front', found, `It is not the hub that says so, or not this one. ${snippets}`)
}

/** What the hub was not told, or may not believe. */
function lostHeaders(url: URL, seen: Seen): Finding[] {
  const host = seen.forwarded_host === '' ? seen.host : seen.forwarded_host
  const lostHost =
    host.toLowerCase() === url.host
      ? []
      : [lost('Host', `${orNothing(seen.host)} in the place of ${url.host}`)]
  return [...lostHost, ...(seen.trusted ? lostFromTrusted(url, seen) : disbelieved(seen))]
}

function disbelieved({ peer, forwarded_for, forwarded_proto }: Seen): Finding[] {
  if (forwarded_for === '' && forwarded_proto === '') return []
  return [
    warn(
      'front',
      `the hub does not believe ${peer} what it says of browsers, so they all count as one`,
      `Where that is your own web server: littlehub config add-item trusted_proxies ${peer}`,
    ),
  ]
}

function lostFromTrusted({ protocol }: URL, seen: Seen): Finding[] {
  const proto = protocol.slice(0, -1)
  const [first] = seen.forwarded_proto.split(',')
  return [
    ...(seen.forwarded_for === '' ? [lost('X-Forwarded-For', 'all browsers count as one')] : []),
    ...(first?.trim() === proto
      ? []
      : [lost('X-Forwarded-Proto', `${orNothing(seen.forwarded_proto)}, not ${proto}`)]),
  ]
}

const orNothing = (text: string): string => (text === '' ? 'nothing' : text)

const lost = (header: string, what: string): Finding =>
  warn('front', `the header ${header} does not arrive as it should: ${what}`, snippets)

const uploadFault = (why: string): Finding =>
  fail(
    'front',
    `an upload of ${uploadBytes / 2 ** 20} MB does not come through: ${why}`,
    `Notebooks larger than that cannot be saved. ${snippets}`,
  )

const isHub = ({ headers }: Answer): boolean => headers['x-jupyterhub-version'] !== undefined

/** What stands in front may be another machine, with a clock that its certificates and logs go by. */
function clockFault({ headers }: Answer, now: Date): Finding[] {
  const theirs = Date.parse(headers.date ?? '')
  if (!(Math.abs(theirs - now.getTime()) > MINUTE)) return []
  const found = `what stands in front has another time: ${String(headers.date)}`
  return [warn('clock', found, 'Set both clocks, and keep them right (systemd-timesyncd, chrony).')]
}
