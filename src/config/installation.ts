/** The installation that a program belongs to: which of its versions it is, and what became of one that kept failing. */
import { appendFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errorCode } from '../lib/errors.ts'
import { MINUTE } from '../lib/time.ts'

/** A version that kept failing, as `scripts/fall-back.sh` writes it down. */
export type Fallback = {
  /** The version that runs in its place; empty: none could, and the hub was stopped. */
  readonly to: string
  readonly sentence: string
  readonly advice: string
}

export interface Installation {
  /** @returns undefined where nothing failed since the last installation. */
  fallback(): Fallback | undefined
  /** A version that has run for so long, */
  readonly provenAfterMs: number
  /** is noted, and from then on not left for an older one when it fails. */
  readonly noteProven: () => void
}

const provenAfterMs = 10 * MINUTE

/** @param program `/opt/littlehub/versions/0.1.0-4f1c…/littlehub`; one that lies elsewhere was not installed. */
export function createInstallation(program: string, dataDir: string): Installation {
  const [, folder, build] = /^(.+)\/versions\/([^/]+)\/littlehub$/.exec(program) ?? []
  if (folder === undefined || build === undefined)
    return { fallback: () => undefined, provenAfterMs, noteProven: () => undefined }

  return {
    fallback() {
      const text = textOf(path.join(folder, 'fallback.json'))
      return text === undefined ? undefined : parse(text)
    },
    provenAfterMs,
    noteProven() {
      const file = path.join(dataDir, 'proven-versions')
      const known = textOf(file)?.split('\n') ?? []
      if (!known.includes(build)) appendFileSync(file, `${build}\n`, { mode: 0o600 })
    },
  }
}

function parse(text: string): Fallback {
  const { to, sentence, advice } = JSON.parse(text) as Readonly<Record<string, unknown>>
  return { to: String(to), sentence: String(sentence), advice: String(advice) }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}
