/** A hub that gets its certificate from pebble. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import { createLog } from '../../src/lib/log.ts'
import { sleep } from '../../src/lib/time.ts'
import { temporaryFolder } from './hub.ts'
import { type Pebble } from './pebble.ts'

export type AcmeHub = {
  start(): Promise<Hub>
  /** Its configuration, for another process. */
  readonly file: string
  readonly dataDir: string
  /** Sets the clock forward. */
  advance(ms: number): void
  /** Another configuration, to be read again. */
  write(changes: AcmeConfig): void
  /** What the log says. */
  lines(): string
}

export type AcmeConfig = {
  readonly domains?: readonly string[]
  readonly email?: string
  readonly enabled?: boolean
  readonly trial?: string
  /** Of plain HTTP; absent: where pebble comes in. */
  readonly port?: number
  /** More lines of the file. */
  readonly more?: string
}

export function prepareAcmeHub(t: Test, pebble: Pebble, initial: AcmeConfig = {}): AcmeHub {
  const folder = temporaryFolder(t)
  const dataDir = path.join(folder, 'data')
  const lines: string[] = []
  let config = initial
  let aheadMs = 0
  const clock = { now: () => new Date(Date.now() + aheadMs) }
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(line) })
  const file = path.join(folder, 'config.yaml')
  const write = (): void =>
    writeFileSync(file, textOf({ ...config, dataDir, pebble }), { mode: 0o600 })
  const readAgain = () => loadConfig({ env: {}, flags: {}, file }, pluginSchemas)
  write()
  return {
    async start() {
      const { network: acmeNetwork } = pebble
      const hub = createHub(readAgain(), { readAgain, log, clock, acmeNetwork })
      t.teardown(() => hub.stop({ servers: true }))
      await hub.start()
      return hub
    },
    file,
    dataDir,
    advance: (ms) => (aheadMs += ms),
    write(changes) {
      config = { ...config, ...changes }
      write()
    },
    lines: () => lines.join(''),
  }
}

type Whole = AcmeConfig & { readonly dataDir: string; readonly pebble: Pebble }

const textOf = ({ pebble, dataDir, port, email, trial, enabled, domains, more }: Whole): string => `
data_dir: ${dataDir}
port: ${port ?? pebble.network.httpPort}
log_level: info
password: { bcrypt_cost: 4 }
https:
  enabled: ${enabled ?? true}
  port: ${pebble.network.tlsPort}
  letsencrypt:
    email: ${email ?? "''"}
    domains: ${JSON.stringify(domains ?? ['hub.test.example'])}
  acme: { directory: '${pebble.directory}', ca: ${pebble.caFile}, trial: '${trial ?? ''}' }
${more ?? ''}
`

export type Shown = {
  readonly names: readonly string[]
  readonly serial: string
  readonly validTo: Date
}

/** The certificate that a browser is shown; undefined: none yet. */
export async function certificateShown(hub: Hub): Promise<Shown | undefined> {
  const port = Number(new URL(hub.secureUrl).port)
  const servername = 'hub.test.example'
  const socket = tls.connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect')
    const { subjectaltname = '', serialNumber: serial, valid_to } = socket.getPeerCertificate()
    const names = subjectaltname.split(', ').map((name) => name.replace('DNS:', ''))
    return names.includes('invalid') ? undefined : { names, serial, validTo: new Date(valid_to) }
  } finally {
    socket.destroy()
  }
}

/** One that is open, over TLS. */
export async function openWebSocket(hub: Hub, address: string): Promise<tls.TLSSocket> {
  const { port } = new URL(hub.secureUrl)
  const socket = tls.connect({ port: Number(port), host: '127.0.0.1', servername: 'hub.test.example', rejectUnauthorized: false }) // prettier-ignore
  await once(socket, 'secureConnect')
  socket.setEncoding('utf8')
  socket.write(`GET ${address} HTTP/1.1\r\nHost: hub.test.example:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`) // prettier-ignore
  const [answer] = (await once(socket, 'data')) as string[]
  if (!answer?.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${answer ?? ''}`)
  return socket
}

/** Asks until there is one that `isWanted`. */
export async function untilShown(
  hub: Hub,
  isWanted: (shown: Shown) => boolean = () => true,
): Promise<Shown> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const shown = await certificateShown(hub)
    if (shown && isWanted(shown)) return shown
    await sleep(100)
  }
  throw new Error(`no such certificate: ${hub.context.acme.problem ?? 'and no reason'}`)
}

/** Asks until there is a reason why there is none. */
export async function untilProblem(hub: Hub): Promise<string> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const { problem } = hub.context.acme
    if (problem !== undefined) return problem
    await sleep(100)
  }
  throw new Error('nothing is said about a problem')
}
