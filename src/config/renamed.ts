/** Settings under the names that The Littlest JupyterHub has for them: refused with ours, since values differ as well. */
import { isTable, type Fault, type Path } from './decode.ts'

/** Their key, and what to write here. */
const ours: readonly (readonly [string, string])[] = [
  ['http.port', 'is called `port` here.'],
  ['http.address', 'is called `host` here.'],
  ['services.cull.enabled', 'is called `cull.enabled` here.'],
  ['services.cull.timeout', 'is called `cull.timeout` here, with a unit: 10m.'],
  ['services.cull.every', 'is called `cull.every` here, with a unit: 1m.'],
  ['services.cull.max_age', 'is called `cull.max_age` here, with a unit: 8h; 0s: never.'],
  ['services.cull.users', 'has no counterpart here: only servers are culled.'],
  ['services.cull.concurrency', 'has no counterpart here.'],
  ['user_environment.default_app', 'is called `spawner.default_url` here, with a path: /lab.'],
]

/** What to write in the place of their key; undefined: it is none of them. */
export function renamedTo(key: string): string | undefined {
  return ours.find(([theirs]) => theirs === key)?.[1]
}

export function renamedFaults(written: unknown): Fault[] {
  return ours.flatMap(([key, sentence]) => {
    const at: Path = key.split('.')
    return isWritten(written, at) ? [{ at, sentence, isMissing: false }] : []
  })
}

/** Without what is only wrong because a key of theirs is in it: `http` is unknown, `services` no list. */
export function withoutRenamed(faults: readonly Fault[], renamed: readonly Fault[]): Fault[] {
  const isTheirs = ({ at }: Fault): boolean =>
    at.length === 1 && renamed.some((fault) => fault.at[0] === at[0])
  return faults.filter((fault) => !isTheirs(fault))
}

const isWritten = (tree: unknown, [key, ...rest]: Path): boolean =>
  key === undefined || (isTable(tree) && Object.hasOwn(tree, key) && isWritten(tree[key], rest))
