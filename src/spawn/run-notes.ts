/** What is kept on disk of the runs of units: which run was the last of a server, and its environment while it starts. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface RunNotes {
  /** Writes the environment where only root can read it. @returns the file */
  writeEnvironment(slug: string, text: string): string
  /** Where systemd is told which process is the main one; nothing is there yet. @returns the file */
  pidFile(slug: string): string
  /** Deletes what was there for the start alone: the environment and the file of the pid. */
  dropPassing(slug: string): void
  /** @param invocation systemd's id of the run */
  remember(slug: string, invocation: string): void
  /** The last run of a server. */
  lastRun(slug: string): string | undefined
  forget(slug: string): void
}

export function createRunNotes(dir: string): RunNotes {
  const fileOf = (slug: string, ending: string): string => {
    // Slugs come from our own rules; a name of a file is checked all the same.
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(slug)) throw new Error('not a slug')
    return path.join(dir, `${slug}${ending}`)
  }
  const write = (file: string, text: string): void => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    // A new file: the mode of one that is there would stay.
    rmSync(file, { force: true })
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  }

  return {
    writeEnvironment(slug, text) {
      const file = fileOf(slug, '.env')
      write(file, text)
      return file
    },
    pidFile(slug) {
      const file = fileOf(slug, '.pid')
      rmSync(file, { force: true })
      return file
    },
    dropPassing(slug) {
      for (const ending of ['.env', '.pid']) rmSync(fileOf(slug, ending), { force: true })
    },
    remember: (slug, invocation) => write(fileOf(slug, '.run'), invocation),
    lastRun(slug) {
      try {
        return readFileSync(fileOf(slug, '.run'), 'utf8')
      } catch {
        return undefined
      }
    },
    forget(slug) {
      for (const ending of ['.env', '.pid', '.run']) rmSync(fileOf(slug, ending), { force: true })
    },
  }
}
