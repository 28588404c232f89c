/** A user environment in which there is nothing but a small server: what takes seconds with Jupyter takes moments here. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Test } from 'tap'

export type TinyEnvironment = {
  readonly dir: string
  readonly python: string
  readonly script: string
  readonly sitePackages: string
  /** A module of it, as an installer would write it. */
  write(name: string, text: string): void
}

/** @param modules by their names; the server imports them all. */
export function tinyEnvironment(
  t: Test,
  modules: Readonly<Record<string, string>> = {},
  { base = '/usr/bin/python3', systemPackages = false } = {},
): TinyEnvironment {
  const dir = mkdtempSync(path.join(tmpdir(), 'littlehub-env-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const words = ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']
  const version = execFileSync(base, words, { encoding: 'utf8' }).trim()
  const sitePackages = path.join(dir, 'lib', `python${version}`, 'site-packages')
  for (const folder of [path.join(dir, 'bin'), sitePackages]) mkdirSync(folder, { recursive: true })
  const python = path.join(dir, 'bin', 'python')
  symlinkSync(base, python)
  const config = `home = ${path.dirname(base)}\ninclude-system-site-packages = ${systemPackages}\n`
  writeFileSync(path.join(dir, 'pyvenv.cfg'), config)
  const write = (name: string, text: string): void => {
    const file = path.join(sitePackages, `${name.replaceAll('.', '/')}.py`)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  for (const [name, text] of Object.entries(modules)) write(name, text)
  const server = readFileSync(path.join(import.meta.dirname, '../spawn/inside/tiny_server.py'))
  const imports = Object.keys(modules).map((name) => `import ${name}\n`)
  const script = path.join(dir, 'bin', 'jupyterhub-singleuser')
  const text = server.toString().replace('# MODULES\n', imports.join(''))
  writeFileSync(script, `#!${python}\n${text}`)
  chmodSync(script, 0o755)
  chmodSync(dir, 0o755)
  return { dir, python, script, sitePackages, write }
}
