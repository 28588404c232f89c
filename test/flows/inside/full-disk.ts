/** Run in a name space of its own: the disk of the hub is full, and everybody can log in all the same. */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { inspectDatabase } from '../../../src/store/integrity.ts'
import { createBrowser } from '../../support/browser.ts'
import { littlehub } from '../../support/command-line.ts'
import { freePort } from '../../support/free-port.ts'
import { startHub, temporaryFolder } from '../../support/hub.ts'
import { logIn as logInAs } from '../../support/pages.ts'
import { createLog } from '../../../src/lib/log.ts'

/** @returns what frees it again */
function fill(dir: string): () => void {
  const file = path.join(dir, 'filler')
  const descriptor = openSync(file, 'w')
  // Down to the last byte.
  for (const size of [2 ** 16, 4096, 1])
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(size))
    } catch {
      continue
    }
  closeSync(descriptor)
  return () => rmSync(file)
}

const crowd = 40

t.test(
  'the hub answers, everybody logs in, the administrator is told, nothing is lost',
  async (t) => {
    const folder = temporaryFolder(t)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder])
    t.teardown(() => execFileSync('umount', ['--lazy', folder]))
    const dataDir = path.join(folder, 'data')
    mkdirSync(dataDir, { mode: 0o700 })
    const log = createLog({ level: 'silent' })
    const { hub, url } = await startHub(t, { dataDir, log, users: ['admin', 'ana'] })
    const free = fill(folder)

    const logIn = async (name: string) => {
      const browser = createBrowser(url)
      t.equal((await logInAs(browser, name)).status, 302, `${name} is in`)
      return browser
    }
    const browsers = []
    for (let each = 0; each < crowd; each++) browsers.push(await logIn('ana'))
    hub.context.disks.look()
    const admin = await logIn('admin')
    t.match((await admin.open('/hub/admin')).text, /The disk of \S+ is full but for 0 MiB/)
    t.notMatch((await browsers[0]?.open('/hub/home'))?.text ?? '', /is full/, 'others are not')
    const environment = { LITTLEHUB_DATA: dataDir, LITTLEHUB_PORT: '0' }
    const said = await littlehub(['doctor', '--quick'], { environment })
    t.match(said, { code: 1, out: /FAIL {2}disk: 0 bytes free for / })

    free()
    hub.context.disks.look()
    t.notMatch((await admin.open('/hub/admin')).text, /is full/)
    for (const browser of browsers) t.equal((await browser.open('/hub/home')).status, 200)
    t.same(inspectDatabase(path.join(dataDir, 'littlehub.db')).problems, [])
  },
)

t.test('a log that cannot be written costs no answer', async (t) => {
  const folder = temporaryFolder(t)
  const main = path.join(import.meta.dirname, '../../../src/main.ts')
  const port = await freePort()
  const full = openSync('/dev/full', 'w')
  const words = [main, 'serve', '--data', path.join(folder, 'data'), '--port', String(port)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', full, full] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let status = 0
  const endMs = performance.now() + 60_000
  while (status !== 200 && child.exitCode === null && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    status = await fetch(`http://127.0.0.1:${port}/hub/login`).then(
      (answer) => answer.status,
      () => 0,
    )
  }
  t.equal(status, 200)
  t.equal((await fetch(`http://127.0.0.1:${port}/hub/login`)).status, 200, 'and again')
  t.equal(child.exitCode, null)
})
