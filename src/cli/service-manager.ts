/** What systemd gives to a service that it starts, and what it wants to hear of it. */
import { execa } from 'execa'
import { type Texts } from '../config/overrides.ts'
import { asError } from '../lib/errors.ts'

export interface ServiceManager {
  /**
   * The descriptor of a listening socket that systemd holds while the hub comes and goes.
   * @see sd_listen_fds(3)
   */
  readonly socket: number | undefined
  /** The same for HTTPS: the one that its unit names `https`. */
  readonly secureSocket: number | undefined
  /** It answers requests. From now on systemd hears that its event loop turns, when it wants to. @see sd_notify(3) */
  ready(): Promise<void>
  /** It has begun to end. */
  stopping(): Promise<void>
  /**
   * It has made room for another hub, and goes on without being what the unit is about: from now on that is a program
   * that waits, and whose end, by a restart of the unit or by itself, brings the next hub.
   */
  steppedAside(): Promise<void>
}

/** After standard input, output and error. @see sd_listen_fds(3): SD_LISTEN_FDS_START */
const firstSocket = 3

/**
 * Prints its own process id and waits for half a minute. No child of ours when it is told: systemd takes notice at once
 * only of the end of its own.
 */
const standIn = ['-c', 'sleep 30 >/dev/null 2>&1 & echo $!']

/** @throws {Error} when it is given sockets that it has no use for. */
export function createServiceManager(
  environment: Texts,
  needs: { readonly pid: number; warn(sentence: string): void },
): ServiceManager {
  const isForUs = Number(environment['LISTEN_PID']) === needs.pid
  const sockets = isForUs ? socketsOf(environment) : {}

  /** Programs without Node's own way to a datagram socket have this one. */
  const tell = async (...words: readonly string[]): Promise<void> => {
    if (!environment['NOTIFY_SOCKET']) return
    try {
      await execa('systemd-notify', words, { stdio: 'ignore' })
    } catch (thrown) {
      needs.warn(`systemd was not told ${words.join(' ')}: ${asError(thrown).message}`)
    }
  }

  const withinMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1000
  const isWatched = withinMs > 0 && Number(environment['WATCHDOG_PID'] ?? needs.pid) === needs.pid
  let beat: NodeJS.Timeout | undefined

  return {
    ...{ socket: sockets.plain, secureSocket: sockets.secure },
    async ready() {
      // Three times before it is too late, so that one that is slow on a busy machine kills nothing.
      if (isWatched) beat = setInterval(() => void tell('WATCHDOG=1'), withinMs / 3).unref()
      await tell('--ready')
    },
    async stopping() {
      clearInterval(beat)
      await tell('STOPPING=1')
    },
    async steppedAside() {
      clearInterval(beat)
      if (!environment['NOTIFY_SOCKET']) return
      const { stdout: pid } = await execa('sh', standIn, { stdin: 'ignore' })
      await tell(`MAINPID=${pid.trim()}`)
    },
  }
}

type Sockets = { readonly plain?: number; readonly secure?: number }

/** What a unit does not name is plain HTTP. */
function socketsOf(environment: Texts): Sockets {
  const count = Number(environment['LISTEN_FDS'] ?? 0)
  const names = (environment['LISTEN_FDNAMES'] ?? '').split(':')
  return Array.from({ length: count }, (_, index) => index).reduce<Sockets>((found, index) => {
    const kind = names[index] === 'https' ? 'secure' : 'plain'
    if (found[kind] !== undefined)
      throw new Error(
        `systemd gave ${count} sockets, and the hub listens on one for HTTP and one named https: see its units.`,
      )
    return { ...found, [kind]: firstSocket + index }
  }, {})
}
