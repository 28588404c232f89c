/** The doctor looks at the port: free, or this hub's own. */
import { createServer } from 'node:net'
import { findRunningHub } from '../config/data-dir.ts'
import { type Config } from '../config/schema.ts'
import { asError, errorCode } from '../lib/errors.ts'
import { SECOND } from '../lib/time.ts'
import { fail, ok, type Finding } from './finding.ts'

type Needs = Pick<Config, 'host' | 'port' | 'data_dir'>

/** @param hubUrl tells where the running hub says it is */
export function checkPort(config: Needs, hubUrl: () => string): Promise<Finding> {
  const hub = findRunningHub(config.data_dir)
  return hub === undefined ? checkFree(config) : checkAnswer(hubUrl(), hub.pid)
}

const answerTimeoutMs = 5 * SECOND

async function checkAnswer(hubUrl: string, pid: number): Promise<Finding> {
  const advice = `Look at the hub's log; if nothing helps, stop it (kill ${pid}) and start it again. Servers go on.`
  try {
    const response = await fetch(new URL('hub/health', hubUrl), {
      signal: AbortSignal.timeout(answerTimeoutMs),
    })
    await response.body?.cancel()
    const found = `the hub (process ${pid}) answers at ${hubUrl}`
    return response.ok
      ? ok('port', found)
      : fail('port', `${found} with ${response.status}`, advice)
  } catch (thrown) {
    const why = asError(thrown).message
    return fail('port', `the hub (process ${pid}) does not answer at ${hubUrl}: ${why}`, advice)
  }
}

async function checkFree({ host, port }: Needs): Promise<Finding> {
  try {
    await tryToListen(host, port)
    return ok('port', port === 0 ? 'any free one' : `${port} of ${host} is free`)
  } catch (thrown) {
    return unusable(`${host}:${port}`, thrown)
  }
}

function tryToListen(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port }, () => server.close(() => resolve()))
  })
}

function unusable(address: string, thrown: unknown): Finding {
  const reasons: Readonly<Record<string, readonly [string, string]>> = {
    EADDRINUSE: ['is used by another program', 'See which: ss -ltnp. Stop it, or change `port`.'],
    EACCES: [
      'may not be used by this user',
      'Ports below 1024 need root or CAP_NET_BIND_SERVICE; or change `port`.',
    ],
    EADDRNOTAVAIL: [
      'is no address of this machine',
      'Change `host`; ip address shows those it has.',
    ],
  }
  const [found, advice] = reasons[errorCode(thrown) ?? ''] ?? [
    asError(thrown).message,
    'Change `host` or `port`.',
  ]
  return fail('port', `${address} ${found}`, advice)
}
