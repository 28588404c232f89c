/** The hub's keys: read, or made once. */
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { asError, ConfigError, errorCode } from '../lib/errors.ts'

const keyBytes = 32

/**
 * A key of 32 random bytes, kept as hexadecimal text in `file`; made when the file is missing.
 * @throws {ConfigError} when others may read it, when it is damaged, or when it cannot be read or made.
 */
export function readKey(file: string): Buffer {
  return translating(file, () => {
    if (!exists(file)) make(file)
    return read(file)
  })
}

/** @throws {ConfigError} in the place of what the file system throws. */
function translating<Result>(file: string, work: () => Result): Result {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown
    throw refusal(file, `cannot be read or made: ${asError(thrown).message}`)
  }
}

const refusal = (file: string, sentence: string): ConfigError =>
  new ConfigError([{ source: file, key: 'key', sentence }])

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined

/** @returns undefined when nothing like a key is written there. */
function keyIn(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  const bytes = Buffer.from(text, /^[\w+/-]{43}=$/.test(text) ? 'base64' : 'utf8')
  return bytes.length === keyBytes ? bytes : undefined
}

/**
 * Keys of which the first encrypts and all decrypt: the given ones, then those in `file`, one a line.
 * Without any, the file is made with a new one.
 * @param given `;` between them, each as 64 hexadecimal digits, base64 or 32 plain bytes (JupyterHub: `JUPYTERHUB_CRYPT_KEY`)
 * @throws {ConfigError} when others may read the file, or one is no key.
 */
export function readKeys(file: string, given: string): [Buffer, ...Buffer[]] {
  const texts = given.split(';').filter((text) => text.trim() !== '')
  const named = texts.map((text) => keyIn(text.trim()) ?? keyIn(text))
  if (named.includes(undefined)) throw refusal(cryptKeyVariable, noKey)
  const keys = [...named, ...readKeyFile(file, texts.length === 0)].filter(
    (key) => key !== undefined,
  )
  const [first, ...older] = keys
  if (!first) throw refusal(file, 'holds no key; delete it, and a new one is made.')
  return [first, ...older]
}

function readKeyFile(file: string, isNeeded: boolean): Buffer[] {
  return translating(file, () => {
    if (isNeeded && !exists(file)) make(file)
    if (!exists(file)) return []
    const lines = readPrivate(file).split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
    return lines.map((line, index) => {
      const key = keyIn(line)
      if (!key) throw refusal(file, `line ${index + 1}: ${noKey}`)
      return key
    })
  })
}

/** Where JupyterHub, and whoever comes from there, has them. */
export const cryptKeyVariable = 'JUPYTERHUB_CRYPT_KEY'

const noKey = 'is no key: 64 hexadecimal digits, or 32 bytes as base64, are one.'

/** Written whole under a passing name and then linked: nobody ever reads half a key, and of two starters one wins. */
function make(file: string): void {
  const passing = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const text = `${randomBytes(keyBytes).toString('hex')}\n`
    writeFileSync(passing, text, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(passing, file)
  } catch (thrown) {
    if (errorCode(thrown) !== 'EEXIST') throw thrown
  } finally {
    rmSync(passing, { force: true })
  }
}

function readPrivate(file: string): string {
  const mode = statSync(file).mode & 0o777
  if ((mode & 0o077) !== 0) {
    const octal = mode.toString(8).padStart(4, '0')
    throw refusal(file, `can be read by others (its mode is ${octal}); run: chmod 600 ${file}`)
  }
  return readFileSync(file, 'utf8')
}

function read(file: string): Buffer {
  const text = readPrivate(file).trim()
  if (!/^[0-9a-f]{64}$/.test(text))
    throw refusal(
      file,
      'is damaged; delete it, and a new one is made. Everybody has to log in again.',
    )
  return Buffer.from(text, 'hex')
}
