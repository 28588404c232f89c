/** Which Python runs a script that pip, uv or a distribution has installed. */
import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** As much of a script as tells. */
const headBytes = 1024

/** `#!/usr/bin/python3` */
const plain = /^#! ?(\/\S*\/python[\d.]*)\s*\n/

/** What pip writes when the path is too long for the kernel, or has a space in it. */
const throughShell = /^#!\/bin\/sh\n'''exec' "?(\/[^"\n]*\/python[\d.]*)"? "\$0" "\$@"\n' '''\n/

/** What uv writes into an environment that can be moved. */
const beside =
  /^#!\/bin\/sh\n'''exec' "\$\(dirname -- "\$\(realpath -- "\$0"\)"\)"\/'?(python[\d.]*)'? "\$0" "\$@"\n' '''\n/

/** @returns an absolute path; undefined when it is run by something else, or with flags. */
export function pythonOf(script: string): string | undefined {
  const head = readHead(script)
  const named = plain.exec(head)?.[1] ?? throughShell.exec(head)?.[1]
  const name = beside.exec(head)?.[1]
  return name === undefined ? named : path.join(path.dirname(realpathSync(script)), name)
}

function readHead(file: string): string {
  const buffer = Buffer.alloc(headBytes)
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    return buffer.toString('latin1', 0, readSync(descriptor, buffer))
  } catch {
    return ''
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
