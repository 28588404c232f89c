/** One running hub: start order, stop order (reverse). */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { mountApi } from './api/api.ts'
import { lockDataDir, prepareDataDir } from './config/data-dir.ts'
import { type LoadedConfig } from './config/load.ts'
import { createContext, internalPortFact, type Overrides, type WholeContext } from './context.ts'
import { cullIdleServers } from './core/culler.ts'
import { recoverServers } from './core/recovery.ts'
import { MINUTE, SECOND } from './lib/time.ts'
import { createForwarder } from './proxy/forward.ts'
import { frontServerOptions, guardServer } from './proxy/listener.ts'
import { createUpgrader } from './proxy/upgrade.ts'
import { createDoor } from './web/door.ts'
import { originOf } from './web/origin.ts'
import { mountPages } from './web/pages/pages.ts'
import { createWebServer, type App } from './web/server.ts'
import { answerUpstreamFailure } from './web/upstream-failure.ts'
import { listen, listenOnKeptPort } from './web/listen.ts'

export interface Hub {
  /** Answers requests when it resolves. @throws {ConfigError} port in use, data directory unusable, second hub. */
  start(): Promise<void>
  /** Stops accepting, lets requests end for a moment, closes every socket, writes everything down. Idempotent. */
  stop(options?: { servers?: boolean }): Promise<void>
  /** `http://127.0.0.1:8000/`, once started. */
  readonly url: string
  readonly context: WholeContext
}

/** How long a stopping hub waits for requests under way. */
const drainMs = 3 * SECOND

const flushActivityMs = 30 * SECOND

export function createHub(loaded: LoadedConfig, overrides: Overrides = {}): Hub {
  const { config } = loaded
  let running: { url: string; context: WholeContext; stop: Hub['stop'] } | undefined

  const start = async (): Promise<void> => {
    const undo: (() => void | Promise<void>)[] = []
    try {
      running = await startParts(undo)
    } catch (thrown) {
      for (const step of undo.reverse()) await step()
      throw thrown
    }
  }

  const startParts = async (undo: (() => void | Promise<void>)[]) => {
    prepareDataDir(config.data_dir)
    const lock = lockDataDir(config.data_dir)
    undo.push(() => lock.release())
    const context = createContext(loaded, overrides)
    undo.push(() => context.store.close())
    const front = createFront(context)
    undo.push(() => front.close())
    const internalPort = await listenOnKeptPort(front.internal, config, context.store, internalPortFact)
    await recoverServers({ ...context, events: context.events })
    const port = await listen(front.server, { host: config.host, port: config.port })
    startJobs(context)
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}${config.base_url}`
    context.log.info({ url, internalPort }, 'hub listening')
    return { url, context, stop: stopper(context, front, lock) }
  }
  return {
    start,
    async stop(options) {
      const { stop } = running ?? {}
      running = undefined
      await stop?.(options)
    },
    get url() {
      return running?.url ?? ''
    },
    get context() {
      if (!running) throw new Error('the hub is not running')
      return running.context
    },
  }
}
