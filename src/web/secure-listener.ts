/** Listening for HTTPS while that is switched on; switching it off ends no connection. */
import { type Server } from 'node:http'
import { type AddressInfo, type Socket } from 'node:net'
import { type Config } from '../config/schema.ts'
import { listen } from './listen.ts'

export interface SecureListener {
  /** Where it listens; undefined: HTTPS is switched off. */
  readonly port: number | undefined
  /** Begins or ends to listen, as it is wanted now. @throws {ConfigError} the port cannot be had */
  follow(): Promise<void>
}

export type SecureListenerNeeds = {
  readonly server: Server
  readonly config: Pick<Config, 'host' | 'https'>
  /** The descriptor of a socket that listens already. */
  readonly socket: number | undefined
}

export function createSecureListener(needs: SecureListenerNeeds): SecureListener {
  const { server, config, socket } = needs
  const isWanted = (): boolean => config.https.enabled
  // A socket that systemd holds is kept: given back, it would let everybody wait for an answer for ever.
  server.prependListener('connection', (connection: Socket) => {
    if (!isWanted()) connection.destroy()
  })

  return {
    get port() {
      if (!isWanted() || !server.listening) return undefined
      return (server.address() as AddressInfo).port
    },
    async follow() {
      const { host, https } = config
      if (isWanted() && !server.listening)
        await listen(server, socket === undefined ? { host, port: https.port } : { fd: socket })
      // What is open keeps the end of the server waiting, and nobody waits for that.
      if (!isWanted() && server.listening && socket === undefined) server.close()
    },
  }
}
