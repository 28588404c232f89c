/** When a certificate is asked for, and what happens when none comes. A real authority (pebble) gives them. */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import t, { type Test } from 'tap'
import { createAcme, problemOfCertificate } from '../../src/core/acme.ts'
import { DAY, HOUR, MINUTE, sleep } from '../../src/lib/time.ts'
import { createLog } from '../../src/lib/log.ts'
import { challengePath } from '../../src/tls/acme-preflight.ts'
import { readCertificate } from '../../src/tls/certificate.ts'
import { startPebble, type PebbleOptions } from '../support/pebble.ts'

async function prepare(t: Test, options: PebbleOptions = {}) {
  const pebble = await startPebble(t, options)
  const known = new Map<string, string>()
  const facts = {
    find: (key: string) => known.get(key),
    set: (key: string, value: string) => void known.set(key, value),
  }
  const lines: string[] = []
  let aheadMs = 0
  const https = {
    ...{ enabled: true, port: 443, tls: { cert: '', key: '' } },
    letsencrypt: { email: '', domains: ['hub.test.example'], staging: false },
    acme: { directory: pebble.directory, trial: '', ca: pebble.caFile },
  }
  const needs = {
    config: { https, data_dir: t.testdir() },
    facts,
    clock: { now: () => new Date(Date.now() + aheadMs) },
    log: createLog({ level: 'info' }, { write: (line) => void lines.push(line) }),
    network: pebble.network,
  }
  const acme = createAcme(needs)
  const server = http.createServer(({ url = '' }, response) =>
    response.end(acme.answerTo(url.replace(challengePath, '')) ?? 'no'),
  )
  await new Promise<void>((resolve) => server.listen(pebble.network.httpPort, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const read = () =>
    readCertificate(acme.files, { now: needs.clock.now(), host: undefined }).certificate
  const text = () => readFileSync(acme.files.cert, 'utf8')
  const advance = (ms: number) => (aheadMs += ms)
  return { acme, pebble, needs, lines, read, text, advance }
}

t.test('one is obtained, and the next one after two thirds of its lifetime', async (t) => {
  const { acme, needs, read, text, advance, pebble } = await prepare(t)
  await acme.keepUp()
  t.same(read()?.names, ['hub.test.example'])
  const first = text()
  const { validFrom = new Date(), validTo = new Date() } = read() ?? {}
  const lifetimeMs = validTo.getTime() - validFrom.getTime()
  advance((lifetimeMs * 2) / 3 - HOUR)
  await acme.keepUp()
  t.equal(text(), first, 'it is not time')
  advance(2 * HOUR)
  await createAcme(needs).keepUp()
  t.equal(text(), first, 'nobody answers for that one')
  advance(6 * MINUTE)
  await acme.keepUp()
  t.not(text(), first)
  const second = text()
  await acme.keepUp()
  t.equal(text(), second, 'a clock that is wrong asks for no third one')
  t.equal(acme.problem, undefined)
  t.match(pebble.output().match(/There are now \d+ accounts/g), ['There are now 1 accounts'])
})

t.test('while the authority is away the old one stays, and everybody is told', async (t) => {
  const { acme, needs, text, advance, pebble, lines } = await prepare(t)
  await acme.keepUp()
  const first = text()
  advance(4 * 365 * DAY)
  await pebble.stop()
  await acme.keepUp()
  t.equal(text(), first)
  t.match(acme.problem, /^No certificate could be obtained\. The certificate authority at localhost:\d+ cannot be reached: .*The next try is after/) // prettier-ignore
  t.equal(problemOfCertificate(needs), acme.problem, 'also where no hub runs')
  const failures = () => lines.filter((line) => line.includes('no certificate could be obtained'))
  t.equal(failures().length, 1)
  await acme.keepUp()
  t.equal(failures().length, 1, 'it is not asked before its time')
  await pebble.start()
  advance(5 * MINUTE)
  await acme.keepUp()
  t.not(text(), first)
  t.equal(acme.problem, undefined)
})

t.test('other names are asked for at once, and the old one stays until then', async (t) => {
  const { acme, needs, read } = await prepare(t, { names: ['hub.test.example', 'b.test.example'] })
  const { letsencrypt } = needs.config.https
  await acme.keepUp()
  letsencrypt.domains = ['gone.test.example']
  await acme.keepUp()
  t.match(acme.problem, /gone\.test\.example does not resolve/)
  t.same(read()?.names, ['hub.test.example'])
  letsencrypt.domains = ['B.test.example', 'hub.test.example']
  t.equal(acme.problem, undefined, 'that was about something else')
  await acme.keepUp()
  t.same(read()?.names, ['b.test.example', 'hub.test.example'])
})

t.test('what is under way ends when something else is wanted, and is no failure', async (t) => {
  const { acme, needs } = await prepare(t, { sleepSeconds: 30 })
  const order = acme.keepUp()
  await sleep(1000)
  acme.settingsChanged()
  needs.config.https.letsencrypt.domains = ['other.test.example']
  acme.settingsChanged()
  await order
  t.equal(acme.problem, undefined)
})

t.test('nothing is done where nothing is to be obtained, or the hub stops', async (t) => {
  const { acme, needs, pebble } = await prepare(t)
  needs.config.https.enabled = false
  await acme.keepUp()
  needs.config.https.enabled = true
  acme.stop()
  await acme.keepUp()
  t.notMatch(pebble.output(), /POST/)
})
