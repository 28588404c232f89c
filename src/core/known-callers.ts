/** Who was identified by a credential, kept in memory until that ends, is unused for too long, or is forgotten. */

/** What is known of a caller. All that is looked at of each request lies here side by side. */
export type Loaded<Who> = {
  readonly principal: Who
  readonly end: End
  /** Unused for so long it is over. */
  readonly mostIdleMs: number
}

/** When something is over, or has to be looked up again; comes nearer when something is found that ends before. */
export type End = { atMs: number }

/** `usedMs`: when it was last used; `notedMs`: when that was noted last. */
export type Known<Who> = Loaded<Who> & { usedMs: number; notedMs: number }

export interface KnownCallers<Who> {
  find(key: string, now: Date): Known<Who> | undefined
  /** @param loaded undefined: nobody, which is not kept. */
  add(key: string, loaded: Loaded<Who> | undefined): Known<Who> | undefined
  forget(userId: number): void
  forgetAll(): void
  /** Ids of users since the hub began: something of theirs may still be open. */
  readonly everKnown: ReadonlySet<number>
}

type Person = { readonly user: { readonly id: number } }

/** Of thousands of users the sessions and the tokens of their servers; each takes about 3 KiB. */
const usualSize = 50_000

/** @param size with so many, all are forgotten before the next one */
export function createKnownCallers<Who extends Person>(size = usualSize): KnownCallers<Who> {
  /** By the credential as it was sent. */
  const known = new Map<string, Known<Who>>()
  const keysOf = new Map<number, Set<string>>()
  const everKnown = new Set<number>()

  const forgetAll = (): void => {
    known.clear()
    keysOf.clear()
  }

  return {
    everKnown,
    forgetAll,
    find(key, now) {
      const entry = known.get(key)
      if (!entry || !isOver(entry, now)) return entry
      known.delete(key)
      keysOf.get(entry.principal.user.id)?.delete(key)
      return undefined
    },
    add(key, loaded) {
      if (!loaded) return undefined
      if (known.size >= size) forgetAll()
      const { id } = loaded.principal.user
      const entry: Known<Who> = { ...loaded, usedMs: 0, notedMs: 0 }
      known.set(key, entry)
      everKnown.add(id)
      const keys = keysOf.get(id)
      if (keys) keys.add(key)
      else keysOf.set(id, new Set([key]))
      return entry
    },
    forget(userId) {
      for (const key of keysOf.get(userId) ?? []) known.delete(key)
      keysOf.delete(userId)
    },
  }
}

function isOver({ end, usedMs, mostIdleMs }: Known<Person>, now: Date): boolean {
  const nowMs = now.getTime()
  return nowMs >= end.atMs || nowMs - usedMs >= mostIdleMs
}

/** Of what itself says when it ends. */
export const endOf = ({ expiresAt }: { readonly expiresAt: Date | undefined }): End => ({
  atMs: expiresAt?.getTime() ?? Infinity,
})
