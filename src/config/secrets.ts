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
  try {
    if (!exists(file)) make(file)
    return read(file)
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown
    throw refusal(file, `cannot be read or made: ${asError(thrown).message}`)
  }
}

const refusal = (file: string, sentence: string): ConfigError =>
  new ConfigError([{ source: file, key: 'key', sentence }])

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined

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

function read(file: string): Buffer {
  const mode = statSync(file).mode & 0o777
  if ((mode & 0o077) !== 0) {
    const octal = mode.toString(8).padStart(4, '0')
    throw refusal(file, `can be read by others (its mode is ${octal}); run: chmod 600 ${file}`)
  }
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text))
    throw refusal(
      file,
      'is damaged; delete it, and a new one is made. Everybody has to log in again.',
    )
  return Buffer.from(text, 'hex')
}
