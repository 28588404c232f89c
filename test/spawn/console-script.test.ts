/** Which Python a script is run with, as the tools that install scripts write it. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { pythonOf } from '../../src/spawn/console-script.ts'

t.test('the Python of a script is found, whoever has installed it', async (t) => {
  const dir = t.testdir({ env: { bin: {} } })
  const bin = path.join(dir, 'env', 'bin')
  for (const [head, python] of [
    ['#!/usr/bin/python3\n', '/usr/bin/python3'],
    ['#!/opt/env/bin/python3.12\n', '/opt/env/bin/python3.12'],
    [`#!/bin/sh\n'''exec' "/a long/way/python" "$0" "$@"\n' '''\n`, '/a long/way/python'],
    [`#!/bin/sh\n'''exec' /a/long/way/python3 "$0" "$@"\n' '''\n`, '/a/long/way/python3'],
    [
      `#!/bin/sh\n'''exec' "$(dirname -- "$(realpath -- "$0")")"/'python' "$0" "$@"\n' '''\n`,
      path.join(bin, 'python'),
    ],
    [
      `#!/bin/sh\n'''exec' "$(dirname -- "$(realpath -- "$0")")"/python "$0" "$@"\n' '''\n`,
      path.join(bin, 'python'),
    ],
    ['#!/usr/bin/python3 -I\n', undefined],
    ['#!/usr/bin/env python3\n', undefined],
    ['#!/bin/sh\nexec python3 "$0"\n', undefined],
    ['#!/usr/bin/node\n', undefined],
    ['', undefined],
  ] as const) {
    const script = path.join(bin, 'jupyterhub-singleuser')
    writeFileSync(script, `${head}import sys\n`)
    t.equal(pythonOf(script), python, JSON.stringify(head))
  }
  t.equal(pythonOf(path.join(bin, 'missing')), undefined)
})

t.test('a script that is reached by a link is run with what lies beside it', async (t) => {
  const dir = t.testdir({ env: { bin: {} } })
  const script = path.join(dir, 'env', 'bin', 'jupyterhub-singleuser')
  const head = `#!/bin/sh\n'''exec' "$(dirname -- "$(realpath -- "$0")")"/'python' "$0" "$@"\n' '''\n`
  writeFileSync(script, head)
  mkdirSync(path.join(dir, 'bin'))
  const link = path.join(dir, 'bin', 'jupyterhub-singleuser')
  symlinkSync(script, link)
  t.equal(pythonOf(link), path.join(dir, 'env', 'bin', 'python'))
})
