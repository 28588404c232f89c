/** Waiting for something slow, but not for ever. */

/** @returns what `work` comes to, or `late` after `limitMs`: it then goes on, and nobody waits for it any more. */
export async function within<Result>(
  work: Promise<Result>,
  limitMs: number,
): Promise<Result | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
