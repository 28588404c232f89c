/** The doctor tells of a version that kept failing, and of what runs in its place. */
import { type Fallback } from '../config/installation.ts'
import { fail, type Finding } from './finding.ts'

/** A hub that could not fall back is news only as long as it is stopped. */
export function checkVersion(fallback: Fallback | undefined, isRunning: boolean): Finding[] {
  if (!fallback || (fallback.to === '' && isRunning)) return []
  return [fail('version', fallback.sentence, fallback.advice)]
}
