/** What a hub that is not root and its helper say to each other: one JSON object a line. */
import { type ErrorCode } from '../lib/errors.ts'

/** Another version may be at the other end: what one does not know it passes over, and a key never changes its meaning. */
export type HubWord = {
  /** Of a call, and of what is said about it later. */
  readonly id: number
  /** Which one; see `helper-calls.ts`. */
  readonly call?: string
  readonly given?: unknown
  /** Nobody waits for it any more. */
  readonly abort?: true
}

export type HelperWord = {
  /** The first word. */
  readonly version?: string
  readonly id?: number
  readonly progress?: string
  /** The last word about a call: it went well, with this result. */
  readonly done?: true
  readonly value?: unknown
  /** The last word about a call: without a code it was a fault of the helper's own. */
  readonly failed?: { readonly code?: ErrorCode; readonly message: string }
  /** The memory limit of this server has ended one of its programs. */
  readonly memoryKill?: string
  /** What is under way is finished here; everything else is for the next helper. */
  readonly leaving?: true
}
