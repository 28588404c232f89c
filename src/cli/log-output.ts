/** Where the log of a program goes that runs for months: standard output, as far as that takes it. */
import { readableLine } from './log-lines.ts'
import { type Terminal } from './terminal.ts'

/** Somebody who reads at all is never so far behind; what is kept for them costs memory. */
const mostUnreadBytes = 1024 * 1024

const warnLevel = 40

/**
 * A person reads sentences, a log collector reads JSON. A line for which the disk has no room, or behind many that nobody
 * reads, is lost, and not the program; how many those were is said when there is room again.
 */
export function logTo({
  print,
  isWatched,
  unreadBytes,
}: Pick<Terminal, 'print' | 'isWatched' | 'unreadBytes'>): { write(line: string): void } {
  let lost = 0
  const show = (line: string): void => print(isWatched ? readableLine(line) : line.trimEnd())
  return {
    write(line) {
      if (unreadBytes() > mostUnreadBytes) {
        lost += 1
        return
      }
      try {
        if (lost > 0) show(lostLine(lost))
        lost = 0
        show(line)
      } catch {
        lost += 1
      }
    },
  }
}

const lostLine = (lines: number): string =>
  JSON.stringify({
    level: warnLevel,
    time: new Date().toISOString(),
    lines,
    msg: 'lines of the log were lost: nobody read it, or the disk was full',
  })
