/** Columns to values: times, flags, JSON, and the absence of each; and what lists of several tables have in common. */

/** A part of a list, in the order of ids. */
export type ListPart = { readonly offset: number; readonly limit: number }

/** A user is in this group, or has this role. */
export type NameOfUser = { readonly userId: number; readonly name: string }

export const toDate = (ms: number): Date => new Date(ms)
export const toDateOrNone = (ms: number | null): Date | undefined =>
  ms === null ? undefined : new Date(ms)
export const toMs = (date: Date | undefined): number | null => date?.getTime() ?? null

export const toFlag = (flag: boolean): number => (flag ? 1 : 0)

export const toJson = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value)

/** Only the store writes these columns, so what they hold has the type it was written with. */
export const fromJson = (text: string | null): unknown =>
  text === null ? undefined : (JSON.parse(text) as unknown)
