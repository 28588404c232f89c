/** Tunnels that only seem to be some, for tests of who keeps them. */
import { EventEmitter } from 'node:events'
import { type OpenTunnel } from '../../src/proxy/keeper.ts'
import { type Route } from '../../src/proxy/routes.ts'
import { owner } from './proxy.ts'

export type FakeTunnel = OpenTunnel & { readonly isOpen: boolean }

export const routeOf = (name: string): Route => ({
  prefix: `/user/${name}/`,
  target: { host: 'h', port: 1 },
  owner,
  lastActivityMs: 0,
})

export function createFakeTunnel(route: Route): FakeTunnel {
  const events = new EventEmitter()
  let isOpen = true
  return {
    tunnel: { prefix: route.prefix, caller: 'token 1', headers: { authorization: 'token x' } },
    route,
    end() {
      if (!isOpen) return
      isOpen = false
      events.emit('end')
    },
    onEnd: (listener) => void events.once('end', listener),
    get isOpen() {
      return isOpen
    },
  }
}

export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}
