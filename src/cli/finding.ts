/** What the doctor finds: one line each, and what to do about it. */

export type Finding = {
  /** What was looked at: `port`. */
  readonly check: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** What to do; for everything but `ok`. */
  readonly advice?: string
}

export const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found })

export const warn = (check: string, found: string, advice: string): Finding => ({
  check,
  level: 'warn',
  found,
  advice,
})

export const fail = (check: string, found: string, advice: string): Finding => ({
  check,
  level: 'fail',
  found,
  advice,
})
