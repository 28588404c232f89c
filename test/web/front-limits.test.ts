/** The limits of the front door come from the settings of the moment. */
import t from 'tap'
import { cookieOf, get, startDoor, upgrade } from '../support/door.ts'
import { eventually } from '../support/proxy.ts'

t.test('a user has so much open and no more, and others are served meanwhile', async (t) => {
  const door = await startDoor(t, {
    users: ['ana', 'ben'],
    settings: { 'connections.per_user': '2' },
  })
  await door.startServer('ana')
  await door.startServer('ben')
  const ana = cookieOf(door.logIn('ana'))
  const open = [await door.dial(), await door.dial()]
  open[0]?.write(upgrade('/user/ana/ws', ana))
  open[1]?.write(get('/user/ana/events', ana))
  for (const peer of open) await peer.until('open')
  t.match(await door.ask(get('/user/ana/x', ana)), /^HTTP\/1\.1 429 [^]*Close some tabs/)
  t.match(await door.ask(upgrade('/user/ana/ws', ana)), /^HTTP\/1\.1 429 /)
  t.match(await door.ask(get('/hub/home', `${ana}Connection: close\r\n`)), /^HTTP\/1\.1 200 /)
  const ben = `${cookieOf(door.logIn('ben'))}Connection: close\r\n`
  t.match(await door.ask(get('/user/ben/x', ben)), /^HTTP\/1\.1 200 /)
  for (const { socket } of open) socket.destroy()
  const again = (): Promise<string> => door.ask(get('/user/ana/x', `${ana}Connection: close\r\n`))
  for (let answer = ''; !answer.startsWith('HTTP/1.1 200'); answer = await again())
    await new Promise((resolve) => setTimeout(resolve, 10))
  t.pass('what has ended counts no more')
})

t.test(
  'a server that is silent for too long is answered for, when that is asked for',
  async (t) => {
    const settings = { 'connections.silent_server_timeout': '1s' }
    const door = await startDoor(t, { users: ['ana'], settings })
    await door.startServer('ana')
    const ana = `${cookieOf(door.logIn('ana'))}Connection: close\r\n`
    t.match(await door.ask(get('/user/ana/silence', ana)), /^HTTP\/1\.1 503 /)
  },
)

t.test('connections of clients are a metric', async (t) => {
  const door = await startDoor(t, {})
  const client = await door.dial()
  client.write(get('/hub/health'))
  await client.until('HTTP/1.1 200')
  const shown = (): string => door.hub.context.metrics.render()
  await eventually(() => /^\w*clients [1-9]/m.test(shown()))
  client.socket.destroy()
  await eventually(() => /^\w*clients 0$/m.test(shown()))
  t.pass('as long as they are open')
})
