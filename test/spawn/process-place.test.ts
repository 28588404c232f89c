/** The folders of sockets: their account's alone, short enough for the kernel, and gone with the run. */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { type Account } from '../../src/spawn/account.ts'
import { createProcessPlaces } from '../../src/spawn/process-place.ts'
import { type Place } from '../../src/spawn/server-place.ts'
import { dataFolder, quietLog, requestFor, rootOnly } from './support.ts'

const accountOf = (uid: number): Account => ({
  ...{ uid, gid: uid, name: 'ana', home: '/', shell: '/bin/sh', through: [] },
})
const own = accountOf(process.getuid?.() ?? 0)
const request = requestFor('ana', { command: ['program', '{socket}'] })

function setUp(t: Test, dataDir = dataFolder(t)) {
  const lines: string[] = []
  return { dataDir, lines, places: createProcessPlaces({ dataDir, log: quietLog(lines) }) }
}

const socketOf = (place: Place): string => (place.kind === 'socket' ? place.socket : '')

const listen = (t: Test, file: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(file, resolve)
    t.teardown(() => server.close())
  })

const modeOf = (file: string): number => statSync(file).mode & 0o777

t.test('each run has a folder of its own, which only its account enters', rootOnly, async (t) => {
  const { places, dataDir } = setUp(t)
  const place = await places.take(request, accountOf(1_500_007))
  const socket = socketOf(place)
  t.equal(place.url, `unix:${socket}`)
  t.match(statSync(path.dirname(socket)), { uid: 1_500_007, gid: 1_500_007 })
  t.equal(modeOf(path.dirname(socket)), 0o700)
  const sockets = path.join(dataDir, 'sockets')
  t.match(statSync(sockets), { uid: 0 }, 'which it cannot put another one in the place of')
  t.equal(modeOf(sockets), 0o711)
  t.not(socketOf(await places.take(request, accountOf(1_500_007))), socket)
})

t.test('what is in it goes with the run, and only that', async (t) => {
  const { places, dataDir } = setUp(t)
  const [one, other] = [await places.take(request, own), await places.take(request, own)]
  await listen(t, socketOf(one))
  writeFileSync(path.join(path.dirname(socketOf(one)), 'more'), '')
  places.release(one)
  places.release(one)
  t.same(readdirSync(path.join(dataDir, 'sockets')), [path.basename(path.dirname(socketOf(other)))])
})

t.test('a folder that somebody has made in there is left alone, and told', async (t) => {
  const { places, lines } = setUp(t)
  const place = await places.take(request, own)
  const deeper = path.join(path.dirname(socketOf(place)), 'deeper')
  mkdirSync(deeper)
  places.release(place)
  t.ok(existsSync(deeper))
  t.match(lines.join(), /removing the folder of a socket/)
})

t.test('a data folder with a long name has its sockets elsewhere', async (t) => {
  const dataDir = path.join(dataFolder(t), 'a'.repeat(60), 'b'.repeat(60))
  mkdirSync(dataDir, { recursive: true })
  const { places } = setUp(t, dataDir)
  const place = await places.take(request, own)
  t.match(place.url, /^unix:\/(run|tmp)\/littlehub-\w{6}\//)
  await listen(t, socketOf(place))
  const above = path.dirname(path.dirname(socketOf(place)))
  t.equal(modeOf(above), 0o711)
  places.release(place)
  t.notOk(existsSync(above))
})

t.test('so has one that the account cannot pass through', rootOnly, async (t) => {
  const { places, dataDir } = setUp(t)
  chmodSync(dataDir, 0o700)
  const place = await places.take(request, accountOf(1_500_007))
  t.match(place.url, /^unix:\/(run|tmp)\/littlehub-\w{6}\//)
  places.release(place)
})

t.test('where no socket can be made there is a port, and the log says why', async (t) => {
  const { places, dataDir, lines } = setUp(t)
  writeFileSync(path.join(dataDir, 'sockets'), 'no folder')
  const place = await places.take(request, own)
  t.match(place.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.match(lines.join(), /no socket can be made for a server/)
  places.release(place)
})

t.test('a program that says nothing of sockets, or is not known, has a port', async (t) => {
  const { places, dataDir } = setUp(t)
  for (const command of [['program'], ['/nonexistent/jupyterhub-singleuser']])
    t.match(await places.take(requestFor('ana', { command }), own), { kind: 'port' })
  t.notOk(existsSync(path.join(dataDir, 'sockets')))
})

t.test('no server listens where somebody else is expected', async (t) => {
  const { places } = setUp(t)
  // Of those that the kernel gives, about every second one.
  const routedPorts = Array.from({ length: 65_535 }, (_, index) => index + 1).filter(
    (port) => port % 4 < 2,
  )
  const asked = requestFor('ana', { command: ['program'], routedPorts })
  for (let round = 0; round < 20; round++) {
    const place = await places.take(asked, own)
    t.notOk(place.kind === 'port' && routedPorts.includes(place.port))
  }
})
