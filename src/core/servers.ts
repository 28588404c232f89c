/** Servers: start, stop, cancel, delete; lock → transition → spawner → routes → store. */
import { type Server } from '../model/server.ts'
import { type Usage } from '../spawn/spawner.ts'

/** A frame of the progress stream, as JupyterHub sends it (contract §3.8). */
export type ProgressEvent = {
  readonly progress: number
  readonly message: string
  readonly html_message?: string
  readonly ready?: true
  readonly failed?: true
  readonly url?: string
}

export interface ServerVerbs {
  /**
   * Starts it and resolves when it answers. A second caller while it is starting gets the same outcome.
   * @throws {HubError} Conflict: running or stopping; TooMany: limits; Unavailable: it failed (the reason is stored on the server).
   */
  start(server: Server, options?: Readonly<Record<string, unknown>>): Promise<Server>
  /** Stops or cancels it and resolves when nothing of it is left. Idempotent. `reason` is shown as why it stopped. */
  stop(server: Server, reason?: string): Promise<void>
  /** Whether it is really alive; a dead one is noticed, cleaned up and shown as stopped with its reason. */
  check(server: Server): Promise<Server>
  /**
   * Everything since the start was requested, from the beginning for every subscriber, until ready or failed.
   * @throws {HubError} InvalidInput when it is not starting and never was.
   */
  progress(server: Server, signal: AbortSignal): AsyncIterable<ProgressEvent>
  usage(server: Server): Promise<Usage | undefined>
  /** Stops it and deletes its row. @throws {HubError} InvalidInput for the default server. */
  remove(server: Server): Promise<void>
  /** Finds every server that was running before the hub (re)started. */
  recover(): Promise<void>
  /** Stops every server, for a hub that takes its servers with it. */
  stopAll(): Promise<void>
}
