/** Fresh checkouts to install a trial in: the files of this one, and what took long to fetch, linked. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { type Test } from 'tap'
import { watchProgram, type Program } from './command-line.ts'
import { temporaryFolder } from './hub.ts'

const source = path.resolve(import.meta.dirname, '../..')

export const isRoot = process.getuid?.() === 0

export type Checkout = {
  readonly dir: string
  /** `./install.sh` with these words. */
  install(words: readonly string[], environment?: Readonly<Record<string, string>>): Program
  /** A file below the checkout. */
  read(name: string): string
  has(name: string): boolean
  /** The `littlehub` of the trial. @returns its standard output. */
  command(...words: readonly string[]): string
}

export type CheckoutOptions = {
  /** Without it the user environment has to be made or found. */
  readonly withEnvironment?: boolean
  /** Other users cannot reach it. */
  readonly closed?: boolean
  /** Everything belongs to this uid, which also runs everything. */
  readonly uid?: number
}

/** A copy of the working tree with its Node packages. */
export function createCheckout(t: Test, options: CheckoutOptions = {}): Checkout {
  const folder = temporaryFolder(t)
  const dir = path.join(folder, 'checkout')
  mkdirSync(dir)
  copySources(dir)
  const packages = path.join(source, 'node_modules')
  // Another user may not be able to follow a link to this checkout; links file by file are as good as a copy.
  if (options.uid === undefined) symlinkSync(packages, path.join(dir, 'node_modules'))
  else execFileSync('cp', ['-al', packages, dir])
  if (options.withEnvironment) linkEnvironment(dir)
  if (options.closed) chmodSync(folder, 0o700)
  const { uid } = options
  if (uid !== undefined) giveAway(dir, uid)
  const setpriv = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--']
  // The test runner adds itself to every Node program of its children; this one is to be as it is for a person.
  const prefix = ['env', '-u', 'NODE_OPTIONS', ...(uid === undefined ? [] : setpriv)]
  const environmentOf = (more: Readonly<Record<string, string>> = {}) => ({
    ...process.env,
    ...(uid === undefined ? {} : { HOME: '/nonexistent' }),
    LITTLEHUB_USER_ENV: '',
    ...more,
  })

  return {
    dir,
    install(words, more) {
      const [program = '', ...rest] = [...prefix, './install.sh', ...words]
      const child = spawn(program, rest, { cwd: dir, env: environmentOf(more), detached: true })
      child.stdin.end()
      return watchProgram(t, child)
    },
    read: (name) => readFileSync(path.join(dir, name), 'utf8'),
    has: (name) => existsSync(path.join(dir, name)),
    command(...words) {
      const [program = '', ...rest] = [...prefix, '.littlehub/bin/littlehub', ...words]
      return execFileSync(program, rest, { cwd: dir, env: environmentOf(), encoding: 'utf8' })
    },
  }
}

/** But for what is linked, which is that of this checkout as well. */
function giveAway(dir: string, uid: number): void {
  const own = ['(', '-type', 'd', '-o', '-links', '1', ')']
  const words = ['-exec', 'chown', '--no-dereference', `${uid}:${uid}`, '{}', '+']
  execFileSync('find', [dir, ...own, ...words])
}

/** What a clone would hold, with changes that are not committed yet. */
function copySources(dir: string): void {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', ['-C', source, ...list])
  const existing = files
    .toString('utf8')
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(source, file)))
  const tar = execFileSync('tar', ['-C', source, '-c', '--null', '-T', '-'], {
    input: existing.join('\0'),
    maxBuffer: 1024 ** 3,
  })
  execFileSync('tar', ['-C', dir, '-x', '--no-same-owner'], { input: tar })
}

function linkEnvironment(dir: string): void {
  mkdirSync(path.join(dir, '.littlehub'))
  for (const part of ['env', 'uv'])
    if (existsSync(path.join(source, '.littlehub', part)))
      execFileSync('cp', [
        '-al',
        path.join(source, '.littlehub', part),
        path.join(dir, '.littlehub'),
      ])
}
