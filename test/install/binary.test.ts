/** The executable: alone in an empty folder, without Node, without a checkout, without a network. */
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { version } from '../../src/lib/version.ts'
import { buildBinary } from '../support/binary.ts'
import { watchProgram } from '../support/command-line.ts'
import { temporaryFolder } from '../support/hub.ts'

const dist = buildBinary()

/** Nothing but the executable, and no program to be found. */
function emptyFolder(t: Parameters<typeof temporaryFolder>[0]) {
  const dir = temporaryFolder(t)
  const program = path.join(dir, 'littlehub')
  copyFileSync(path.join(dist, 'littlehub'), program)
  mkdirSync(path.join(dir, 'home'))
  return { dir, program, env: { PATH: '/nonexistent', HOME: path.join(dir, 'home') } }
}

const rootOnly = process.getuid?.() === 0 ? {} : { skip: 'only root can take the network away' }

t.test('it says which one it is', async (t) => {
  const { dir, program, env } = emptyFolder(t)
  const said = execFileSync(program, ['version'], { cwd: dir, env, encoding: 'utf8' })
  t.match(said, `littlehub ${version}, Node 24`)
  t.same(readdirSync(dir).sort(), ['home', 'littlehub'])
})

t.test('a whole hub runs in it: pages, passwords, database, API', rootOnly, async (t) => {
  const { dir, program, env } = emptyFolder(t)
  const data = path.join(dir, 'data')
  // A network of its own, in which nothing but loopback exists.
  const script = `ip link set lo up
    "$0" serve --data "$1" --port 8000 &
    for _ in $(seq 100); do curl -sf -o "$1.health" http://127.0.0.1:8000/hub/health && break; sleep 0.1; done
    curl -s http://127.0.0.1:8000/hub/login
    curl -s http://127.0.0.1:8000/hub/api
    "$0" user add ana --data "$1" --admin
    kill -TERM $!; wait $!; echo "ended with $?"`
  const words = ['--net', '/bin/bash', '-c', script, program, data]
  const child = spawn('/usr/bin/unshare', words, {
    cwd: dir,
    env: { ...env, PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    detached: true,
  })
  child.stdin.end()
  const hub = watchProgram(t, child)
  t.equal(await hub.ended, 0, hub.output())
  t.match(hub.output(), /<form[^>]*method="post"/)
  t.match(hub.output(), /"version":"6/)
  t.match(hub.output(), /ended with 0/)
})

t.test('the archive is what its checksum says, and holds the installer', async (t) => {
  const name = `littlehub-${version}-linux-${process.arch}.tar.gz`
  t.match(readFileSync(path.join(dist, 'SHA256SUMS'), 'utf8'), `  ${name}\n`)
  execFileSync('sha256sum', ['--check', '--ignore-missing', 'SHA256SUMS'], { cwd: dist })
  const files = execFileSync('tar', ['-tzf', name], { cwd: dist, encoding: 'utf8' })
  for (const file of ['littlehub', 'install.sh', 'scripts/user-env.sh', 'LICENSE'])
    t.match(files, new RegExp(`^littlehub-[^/]+/${file}$`, 'm'))
})
