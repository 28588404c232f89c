/** What a browser keeps while its person is at the provider. */
import { generateKeySync } from 'node:crypto'
import t from 'tap'
import { flowSeconds, openFlow, sealFlow } from '../../src/web/login-flow.ts'

const newKey = () => generateKeySync('hmac', { length: 256 })

const key = newKey()
const now = new Date('2026-01-31T12:00:00.000Z')
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)
const flow = { flow: { state: 'a state', verifier: 'b' }, next: '/hub/home' }

t.test('what was sealed is opened again, for a while', async (t) => {
  const sealed = sealFlow(key, flow, now)
  t.match(sealed, /^[\w.-]+$/, 'fits into a cookie')
  t.same(openFlow(key, sealed, later(flowSeconds - 1)), flow)
  t.equal(openFlow(key, sealed, later(flowSeconds)), undefined)
})

t.test('nobody else can make one', async (t) => {
  const sealed = sealFlow(key, flow, now)
  const [content = '', signature = ''] = sealed.split('.')
  const other = Buffer.from(JSON.stringify({ ...flow, expiresMs: 9e15 })).toString('base64url')
  for (const forged of [
    undefined,
    '',
    '.',
    content,
    `${other}.${signature}`,
    `${content}.x`,
    sealFlow(newKey(), flow, now),
  ])
    t.equal(openFlow(key, forged, now), undefined)
})

t.test('a login without a goal has none afterwards', async (t) => {
  const sealed = sealFlow(key, { flow: {}, next: undefined }, now)
  t.same(openFlow(key, sealed, now), { flow: {}, next: undefined })
})
