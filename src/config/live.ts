/** The settings of a running hub: whoever reads one reads what holds now, and a reload replaces them all at once. */
import { settings, type Config } from './schema.ts'

export interface LiveSettings {
  /**
   * Each reading of a key gives its present value. So settings are read where they are used; one that is taken out when
   * a part is made stays what it was then.
   */
  readonly config: Config
  /** All of them, at once; then the listeners are told. */
  replace(next: Config): void
  /** For parts that make something of settings: `listener` makes it anew. It must not fail: what could has been checked. */
  onChange(listener: () => void): void
}

export function createLiveSettings(initial: Config): LiveSettings {
  let current = initial
  const listeners: (() => void)[] = []
  const getters = Object.keys(settings.properties).map((key) => [
    key,
    { enumerable: true, get: (): unknown => Reflect.get(current, key) },
  ])
  return {
    config: Object.freeze(
      Object.defineProperties({}, Object.fromEntries(getters) as PropertyDescriptorMap),
    ) as Config,
    replace(next) {
      current = next
      for (const listener of listeners) listener()
    },
    onChange: (listener) => void listeners.push(listener),
  }
}
