/** The same work for many, a few at a time. */
import { giveWay } from './turns.ts'

/**
 * Does `work` for every item, `atOnce` of them at the same time, in order. All are tried, whatever becomes of the others,
 * and nobody waits for the event loop because there are many.
 * @throws {AggregateError} when some failed: with what each of these threw.
 */
export async function forEach<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items].values()
  const failures: unknown[] = []
  const takeTurns = async (): Promise<void> => {
    for (const item of queue) {
      await giveWay()
      await work(item).catch((thrown: unknown) => failures.push(thrown))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, takeTurns))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} failed`)
}
