/** What V8 really does with objects. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** @returns bytes: the heap after what nobody holds has been collected. */
export function keptHeapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

/** Whether V8 looks for the members of an object by their names: it is several times as large, and what it holds lives longer. */
export function isDictionary(object: object): boolean {
  setFlagsFromString('--allow-natives-syntax')
  const isFast = runInNewContext('(object) => %HasFastProperties(object)') as (
    object: object,
  ) => boolean
  return !isFast(object)
}
