/** The trial as a whole: set up, running, stopped, started again, begun anew. */
import { readdirSync, readlinkSync } from 'node:fs'
import t from 'tap'
import { createCheckout, type Checkout } from '../support/checkout.ts'
import { freePort } from '../support/free-port.ts'

const claimLink = /http:\/\/127\.0\.0\.1:\d+\/hub\/claim\/[\w-]{43}/

/** Pids of programs that work below the checkout's data. */
function serversOf({ dir }: Checkout): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${dir}/.littlehub/data/`)
      } catch {
        return false
      }
    })
    .map(Number)
}

t.test('a trial from the claim link to a server, Ctrl-C, and again', async (t) => {
  const checkout = createCheckout(t, { withEnvironment: true })
  const port = String(await freePort())
  const first = checkout.install(['--try', '--port', port])
  const [link] = await first.waitFor(claimLink)
  t.match(first.output(), /\[1\/4\] This machine: ok[^]*\[4\/4\] Configuration: /)
  t.equal((await fetch(link)).status, 200)

  checkout.command('user', 'add', 'tea', '--admin')
  const secret = checkout.command('token', 'add', 'tea').trim()
  const headers = { authorization: `token ${secret}` }
  const started = await fetch(`http://127.0.0.1:${port}/hub/api/users/tea/server`, {
    method: 'POST',
    headers,
  })
  t.ok(started.ok)
  await first.waitFor(/server ready/)
  const answer = await fetch(`http://127.0.0.1:${port}/user/tea/api/status`, { headers })
  t.equal(answer.status, 200)
  t.not(serversOf(checkout).length, 0)

  process.kill(-first.pid, 'SIGINT')
  t.equal(await first.ended, 0)
  t.match(first.output(), /The hub has stopped\.\n$/)
  t.same(serversOf(checkout), [], 'nothing of it runs any more')

  const second = checkout.install(['--try', '--port', port])
  await second.waitFor(/littlehub listens on/)
  t.match(second.output(), /Node packages: ready[^]*User environment: ready/)
  t.match(checkout.command('user', 'list'), /^tea +admin/m, 'everything is still there')

  const third = checkout.install(['--try', '--port', String(await freePort())])
  t.equal(await third.ended, 2)
  t.match(third.output(), /The hub of this trial runs already \(process \d+\)/)
  const reset = checkout.install(['--try', '--reset', '--yes', '--no-start'])
  t.equal(await reset.ended, 1)
  t.match(reset.output(), /is running/)

  process.kill(-second.pid, 'SIGTERM')
  t.equal(await second.ended, 0)

  const anew = checkout.install(['--try', '--reset', '--yes', '--no-start'])
  t.equal(await anew.ended, 0)
  t.equal(checkout.has('.littlehub/data'), false)
  t.equal(checkout.has('.littlehub/config.yaml'), true)
})
