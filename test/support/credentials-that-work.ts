/** A program that reads secrets of a hub, a line each, and prints those that work: URL token|session. */
import { createInterface } from 'node:readline'
import { sessionCookie } from '../../src/model/session.ts'

const [url = '', kind = 'token'] = process.argv.slice(2)

async function works(secret: string): Promise<boolean> {
  const [path, headers] =
    kind === 'session'
      ? ['/hub/home', { cookie: `${sessionCookie.plain}=${secret}` }]
      : ['/hub/api/user', { authorization: `token ${secret}` }]
  const answer = await fetch(url + path, { headers, redirect: 'manual' })
  await answer.text()
  return answer.status === 200
}

for await (const secret of createInterface({ input: process.stdin }))
  if (await works(secret)) process.stdout.write(`${secret}\n`)
