/** Whoever may read facts about the hub is told how their request arrived; nobody else is. */
import t, { type Test } from 'tap'
import { cookieOf, startDoor, upgrade } from '../support/door.ts'

async function ask(t: Test, scopes: string[], lines = '') {
  const door = await startDoor(t, {
    users: ['admin'],
    settings: { trusted_proxies: '127.0.0.1' },
  })
  const { tokens } = door.hub.context
  const { secret } = tokens.issue({ user: door.userOf('admin'), note: 'test', scopes })
  return {
    door,
    answer: await door.ask(upgrade('/hub/health', `Authorization: token ${secret}\r\n${lines}`)),
  }
}

t.test('it is told what arrived, in one message, and the WebSocket is closed', async (t) => {
  const lines = 'X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n'
  const { answer } = await ask(t, ['read:hub'], lines)
  t.match(answer, /^HTTP\/1\.1 101 /)
  // The answer to the key of RFC 6455 §1.3.
  t.match(answer, /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/)
  t.same(JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)), {
    peer: '127.0.0.1',
    trusted: true,
    host: 'hub.test',
    forwarded_host: '',
    forwarded_proto: 'https',
    forwarded_for: '198.51.100.7',
  })
})

t.test('a program that may do something else is not told', async (t) => {
  const { answer, door } = await ask(t, ['list:users'])
  t.match(answer, /^HTTP\/1\.1 424 /)
  t.match(await door.ask(upgrade('/hub/health')), /^HTTP\/1\.1 401 /)
  const page = 'Origin: http://elsewhere.test\r\n'
  const forged = upgrade('/hub/health', cookieOf(door.logIn('admin')) + page)
  t.match(await door.ask(forged), /^HTTP\/1\.1 403 /)
})

t.test('without a key no WebSocket is opened', async (t) => {
  const { door } = await ask(t, ['read:hub'])
  const { secret } = door.hub.context.tokens.issue({ user: door.userOf('admin'), note: 'test' })
  const request = upgrade('/hub/health', `Authorization: token ${secret}\r\n`)
  t.match(await door.ask(request.replace(/Sec-WebSocket-Key.*\r\n/, '')), /^HTTP\/1\.1 400 /)
})
