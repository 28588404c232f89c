/** Anybody can send thousands of requests in one packet and read no answer. */
import t from 'tap'
import { get, startDoor } from '../support/door.ts'
import { dial } from '../support/proxy.ts'

const packet = get('/hub/login').repeat(1000)
const insidePacket = get('/hub/api/').repeat(1000)

t.test('thousands of requests at once are cut off, outside and inside, and others are served', async (t) => {
  const { hub, ask, dial: dialOutside } = await startDoor(t, {})
  const inside = Number(hub.context.store.facts.find('internal_port'))
  for (const [where, bytes, dialThere] of [
    ['outside', packet, dialOutside],
    ['inside', insidePacket, () => dial(t, inside)],
  ] as const) {
    const clients = await Promise.all(Array.from({ length: 10 }, dialThere))
    for (const client of clients) client.write(bytes)
    for (const client of clients) {
      const answers = (await client.ended()).match(/^HTTP\/1\.1 /gm) ?? []
      t.ok(answers.length <= 1, `${where}: ${answers.length} answers`)
    }
    t.match(await ask(get('/hub/health', 'Connection: close\r\n')), /^HTTP\/1\.1 200 /, where)
  }
}) // prettier-ignore
