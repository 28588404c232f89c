/** Addresses that people can open, made from the paths of the hub. */
import { findRunningHub } from '../config/data-dir.ts'
import { type Config } from '../config/schema.ts'
import { type Facts } from '../store/facts.ts'

/** Where the store keeps the address of the hub that runs: its port may have come from the command line. */
export const urlFact = 'url'

export type UrlNeeds = {
  readonly config: Pick<Config, 'public_url' | 'host' | 'port' | 'base_url' | 'data_dir'>
  readonly store: { readonly facts: Facts }
}

/** Notes where the hub has just begun to listen, for commands beside it. */
export function noteUrl({ store }: Pick<UrlNeeds, 'store'>, url: string): void {
  store.facts.set(urlFact, url)
}

/** A complete address. @param path absolute, with the base URL */
export function addressOf(path: string, needs: UrlNeeds): string {
  return new URL(path, originOf(needs)).href
}

function originOf({ config, store }: UrlNeeds): string {
  if (config.public_url !== '') return config.public_url
  const running = findRunningHub(config.data_dir) && store.facts.find(urlFact)
  return reachable(running ?? `http://${bracketed(config.host)}:${config.port}/`)
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** A hub that listens on every address is opened here by the one of this machine. */
const reachable = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
