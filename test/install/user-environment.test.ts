/** Where the trial's Jupyter comes from, and what happens when it comes from nowhere. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createCheckout, isRoot } from '../support/checkout.ts'
import { temporaryFolder, userEnvironment } from '../support/hub.ts'

/** An index that nobody answers for. */
const unreachable = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_FIND_LINKS: '' }

/** A PATH with everything the installer uses but the programs named. */
function pathWithout(t: Test, missing: readonly string[]): string {
  const folder = path.join(temporaryFolder(t), 'bin')
  mkdirSync(folder)
  const found = new Map<string, string>()
  for (const dir of (process.env['PATH'] ?? '').split(':').concat('/usr/bin', '/bin'))
    for (const file of list(dir)) if (!found.has(file)) found.set(file, path.join(dir, file))
  for (const [name, target] of found)
    if (!missing.includes(name)) symlinkSync(target, path.join(folder, name))
  return folder
}

function list(dir: string): string[] {
  try {
    return execFileSync('ls', ['-1', dir], { encoding: 'utf8', stdio: 'pipe' })
      .split('\n')
      .filter((name) => name !== '')
  } catch {
    return []
  }
}

t.test('a whole environment is taken as it is', async (t) => {
  const checkout = createCheckout(t, { withEnvironment: true })
  const program = checkout.install(['--try', '--no-start'], unreachable)
  t.equal(await program.ended, 0, program.output())
  t.match(program.output(), /User environment: ready, JupyterLab 4/)
  t.match(checkout.read('.littlehub/config.yaml'), /cmd: \[\.\/env\/bin\/jupyterhub-singleuser\]/)
})

t.test('where PyPI cannot be reached, the one on PATH is taken', async (t) => {
  const checkout = createCheckout(t)
  const PATH = `${path.join(userEnvironment, 'bin')}:${process.env['PATH'] ?? ''}`
  const program = checkout.install(['--try', '--no-start'], { ...unreachable, PATH })
  t.equal(await program.ended, 0, program.output())
  t.match(program.output(), /found on PATH/)
  const command = path.join(userEnvironment, 'bin/jupyterhub-singleuser')
  t.match(checkout.read('.littlehub/config.yaml'), `cmd: [${command}]`)
})

t.test('where that is missing too, Debian’s classic Notebook is taken', async (t) => {
  const checkout = createCheckout(t)
  const program = checkout.install(['--try', '--no-start'], unreachable)
  t.equal(await program.ended, 0, program.output())
  t.match(program.output(), /Debian's classic Notebook/)
  const config = checkout.read('.littlehub/config.yaml')
  t.match(config, 'cmd: [/usr/bin/jupyterhub-singleuser]')
  t.match(config, 'JUPYTERHUB_SINGLEUSER_APP: notebook.notebookapp.NotebookApp')
})

t.test(
  'where there is nothing, one message says what to do, and nothing is half done',
  async (t) => {
    const PATH = pathWithout(t, ['apt-get', 'dpkg-query', 'jupyterhub-singleuser', 'uv'])
    const checkout = createCheckout(t)
    const program = checkout.install(['--try', '--no-start'], { ...unreachable, PATH })
    t.equal(await program.ended, 1)
    t.match(program.output(), /There is no user environment, and none could be made:/)
    t.match(program.output(), /PIP_INDEX_URL=/)
    for (const name of ['config.yaml', 'env', 'env.new', 'user-environment', 'data'])
      t.equal(checkout.has(`.littlehub/${name}`), false, name)
  },
)

t.test('interrupted in the middle, the next run goes on', async (t) => {
  const checkout = createCheckout(t)
  // An index that accepts and never answers.
  const silent = createServer((socket) => socket.resume().on('error', () => undefined)).listen(
    0,
    '127.0.0.1',
  )
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const index = { PIP_INDEX_URL: `http://127.0.0.1:${port}/simple`, PIP_FIND_LINKS: '' }
  const first = checkout.install(['--try', '--no-start'], index)
  await first.waitFor(/User environment: getting uv/)
  await new Promise((resolve) => setTimeout(resolve, 500))
  process.kill(-first.pid, 'SIGINT')
  t.equal(await first.ended, 130)
  t.match(first.output(), /Interrupted\. Running the same command again goes on from here\.\n$/)
  await new Promise((resolve) => silent.close(resolve))

  const PATH = `${path.join(userEnvironment, 'bin')}:${process.env['PATH'] ?? ''}`
  const second = checkout.install(['--try', '--no-start'], { ...unreachable, PATH })
  t.equal(await second.ended, 0, second.output())
  t.match(second.output(), /Node packages: ready/)
})

t.test('a way that does not exist is refused', { skip: !isRoot && 'needs root' }, async (t) => {
  const checkout = createCheckout(t)
  const program = checkout.install(['--try', '--no-start'], { LITTLEHUB_USER_ENV: 'conda' })
  t.equal(await program.ended, 1)
  t.match(program.output(), /it can be pypi, pip, path or debian/)
})
