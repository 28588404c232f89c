/** What the trial is told, what it finds, and for whom it is set up. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { createCheckout, isRoot } from '../support/checkout.ts'

t.test('a port in use is said before anything is set up', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const port = String((other.address() as AddressInfo).port)
  const checkout = createCheckout(t)
  const program = checkout.install(['--try', '--port', port])
  t.equal(await program.ended, 2)
  t.match(program.output(), new RegExp(`^Port ${port} .*\\n.*--port \\d+\\n$`))
  t.equal(checkout.has('.littlehub/config.yaml'), false)
})

t.test('starting anew asks, and without a terminal wants --yes', async (t) => {
  const checkout = createCheckout(t)
  const program = checkout.install(['--try', '--reset'])
  t.equal(await program.ended, 2)
  t.match(program.output(), /needs --yes/)
})

t.test('a configuration that somebody changed is kept', async (t) => {
  const checkout = createCheckout(t, { withEnvironment: true })
  t.equal(await checkout.install(['--try', '--no-start']).ended, 0)
  const file = `${checkout.dir}/.littlehub/config.yaml`
  writeFileSync(file, `${checkout.read('.littlehub/config.yaml')}log_level: warn\n`)
  const again = checkout.install(['--try', '--no-start'])
  t.equal(await again.ended, 0)
  t.match(again.output(), /kept as you changed it/)
  t.match(checkout.read('.littlehub/config.yaml'), /log_level: warn\n$/)
})

t.test('what is typed wrong is said, with the way to help', async (t) => {
  const checkout = createCheckout(t)
  for (const words of [
    ['--purge'],
    ['--try', '--fast'],
    ['--try', '--port', 'x'],
    ['--try', '--port=0'],
  ]) {
    const program = checkout.install(words)
    t.equal(await program.ended, 2)
    t.match(program.output(), /--help\n$/)
  }
  t.equal(checkout.has('.littlehub'), false)
})

t.test('who is not root sets up a trial as well', { skip: !isRoot && 'needs root' }, async (t) => {
  const checkout = createCheckout(t, { withEnvironment: true, uid: 61_234 })
  const program = checkout.install(['--try', '--no-start'])
  t.equal(await program.ended, 0, program.output())
  t.match(checkout.read('.littlehub/config.yaml'), /run_as: self/)
  t.match(checkout.command('version'), /^littlehub \d/)
})

t.test(
  'a checkout that others cannot reach runs its servers as root, and says so in one line',
  { skip: !isRoot && 'needs root' },
  async (t) => {
    const checkout = createCheckout(t, { withEnvironment: true, closed: true })
    const program = checkout.install(['--try', '--no-start'])
    t.equal(await program.ended, 0, program.output())
    t.match(program.output(), /^ +Other users cannot reach .* run as root\.$/m)
    t.match(checkout.read('.littlehub/config.yaml'), /run_as: self[^]*--allow-root/)
  },
)
