/** A real certificate authority that speaks ACME: pebble, with names that all lead to this machine. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Test } from 'tap'
import { lookup } from 'node:dns/promises'
import { type AcmeNetwork } from '../../src/tls/acme-preflight.ts'
import { sleep } from '../../src/lib/time.ts'
import { freePort } from './free-port.ts'
import { temporaryFolder } from './hub.ts'
import { createAuthority } from './made-certificates.ts'
import { startNameServer } from './name-server.ts'
import { secureRequest } from './secure-client.ts'

export type Pebble = {
  readonly directory: string
  /** A file: who vouches for the directory. */
  readonly caFile: string
  /** What it signs with (PEM). */
  root(): Promise<string>
  /** Everything that it has said. */
  output(): string
  /** Ends it; with `start` it is a new one, which knows nobody. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Where it comes in: the ports that the hub has to listen on. */
  readonly network: AcmeNetwork
  /** Names that exist. */
  readonly known: Set<string>
}

export type PebbleOptions = {
  /** Of a hundred nonces; pebble itself refuses five. */
  readonly refusedNonces?: number
  /** Of a hundred authorizations that it has given before. */
  readonly reused?: number
  readonly names?: readonly string[]
  /** How long each look from outside takes; absent: no time at all. */
  readonly sleepSeconds?: number
}

const startingMs = 30_000

/** It answers nobody without one. */
const userAgent = { 'user-agent': 'littlehub-test' }

export async function startPebble(t: Test, options: PebbleOptions = {}): Promise<Pebble> {
  const dir = temporaryFolder(t)
  const authority = createAuthority(dir, 'directory-root')
  const { cert, key } = authority.sign('directory', ['localhost', '127.0.0.1'])
  const [port, managementPort] = [await freePort(), await freePort()]
  const [httpPort, tlsPort] = [await freePort(), await freePort()]
  const known = new Set(options.names ?? ['hub.test.example'])
  const names = await startNameServer(t, (name) => known.has(name))
  const configFile = path.join(dir, 'pebble.json')
  const pebble = {
    ...{
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
    },
    ...{ certificate: cert, privateKey: key, httpPort, tlsPort },
    ...{ ocspResponderURL: '', externalAccountBindingRequired: false },
  }
  writeFileSync(configFile, JSON.stringify({ pebble }))
  const env = {
    PATH: process.env['PATH'],
    ...(options.sleepSeconds === undefined
      ? { PEBBLE_VA_NOSLEEP: '1' }
      : { PEBBLE_VA_SLEEPTIME: String(options.sleepSeconds) }),
    PEBBLE_WFE_NONCEREJECT: String(options.refusedNonces ?? 5),
    PEBBLE_AUTHZREUSE: String(options.reused ?? 0),
  }
  let output = ''
  let child: ChildProcess | undefined
  const directory = `https://localhost:${port}/dir`
  const ca = readFileSync(authority.root.cert, 'utf8')

  const start = async (): Promise<void> => {
    const program = spawn('pebble', ['-config', configFile, '-dnsserver', names], { env })
    child = program
    for (const stream of [program.stdout, program.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const failed = new Promise<never>((_, reject) => program.once('error', reject))
    await Promise.race([failed, untilAnswered(directory, ca)])
  }
  const stop = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    child.kill()
    await ended
  }
  t.teardown(stop)
  await start()
  return {
    directory,
    caFile: authority.root.cert,
    root: async () => (await secureRequest(`https://localhost:${managementPort}/roots/0`, ca)).body,
    output: () => output,
    start,
    stop,
    known,
    network: {
      httpPort,
      tlsPort,
      lookup: (name) =>
        known.has(name)
          ? Promise.resolve([{ address: '127.0.0.1', family: 4 }])
          : lookup('nowhere.invalid', { all: true }),
    },
  }
}

async function untilAnswered(directory: string, ca: string): Promise<void> {
  for (const end = Date.now() + startingMs; Date.now() < end;) {
    const answer = await secureRequest(directory, ca, { headers: userAgent }).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(50)
  }
  throw new Error('pebble does not answer')
}
