/** One student of `bench-class.ts`: logs in, has a server started, opens JupyterLab, runs a cell, as a browser would. */
import { setTimeout as wait } from 'node:timers/promises'
import { createBrowser, type Browser } from '../test/support/browser.ts'
import { compute } from '../test/support/kernel.ts'

export type Student = {
  readonly name: string
  readonly password: string
  /** Of the hub, without a slash at its end. */
  readonly url: string
  readonly signal: AbortSignal
}

/** Seconds since the login page was asked for. */
export type Lesson = {
  readonly readySeconds: number
  readonly labSeconds: number
  readonly cellSeconds: number
  /** Starts that failed before one went well. */
  readonly failures: number
  /** The first words about how long it will take, and after how many seconds they were read. */
  readonly promised: { readonly seconds: number; readonly atSeconds: number } | undefined
}

/** @throws when there is no first cell before the signal. */
export async function attend(student: Student): Promise<Lesson> {
  const { name, password, url, signal } = student
  const beganMs = performance.now()
  const elapsed = (): number => (performance.now() - beganMs) / 1000
  const browser = createBrowser(url)
  const login = await browser.open('/hub/login?next=%2Fhub%2Fspawn')
  await browser.submit(login, /password/, { username: name, password })
  let failures = 0
  let promised: Lesson['promised']
  const note = (message: string): void => {
    const seconds = /about (\d+) seconds?/.exec(message)?.[1]
    if (seconds !== undefined) promised ??= { seconds: Number(seconds), atSeconds: elapsed() }
  }
  while ((await follow(browser, student, note)) !== 'ready') {
    signal.throwIfAborted()
    failures += 1
    await wait(500)
    await browser.open('/hub/spawn')
  }
  const readySeconds = elapsed()
  const lab = await browser.open(`/user/${name}/lab`)
  if (lab.status !== 200) throw new Error(`JupyterLab was answered with ${lab.status}`)
  const labSeconds = elapsed()
  await firstCell(browser, student)
  return { readySeconds, labSeconds, cellSeconds: elapsed(), failures, promised }
}

/** Reads the server-sent events of the start until it is over. */
async function follow(
  browser: Browser,
  { name, url, signal }: Student,
  note: (message: string) => void,
): Promise<'ready' | 'failed'> {
  const address = `/hub/api/users/${name}/server/progress`
  const token = browser.cookies.get('_xsrf')?.value ?? ''
  const answer = await fetch(`${url}${address}?_xsrf=${encodeURIComponent(token)}`, {
    headers: { cookie: browser.cookieHeader(address), accept: 'text/event-stream' },
    signal,
  })
  if (!answer.ok || !answer.body) return 'failed'
  let text = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    note(chunk)
    if (/"ready": ?true/.test(text)) return 'ready'
    if (/"failed": ?true/.test(text)) return 'failed'
  }
  return 'failed'
}

async function firstCell(browser: Browser, { name, url, signal }: Student): Promise<void> {
  const address = `/user/${name}/api/kernels`
  const cookie = browser.cookieHeader(address)
  const token = browser.cookies.get(`/user/${name}/ _xsrf`)?.value ?? ''
  const answer = await fetch(url + address, {
    method: 'POST',
    headers: { cookie, 'x-xsrftoken': token, 'content-type': 'application/json' },
    body: '{}',
    signal,
  })
  if (!answer.ok) throw new Error(`a kernel was answered with ${answer.status}`)
  const { id } = (await answer.json()) as { id: string }
  const channels = `${url.replace(/^http/, 'ws')}${address}/${id}/channels`
  const result = await compute({ channels, headers: { cookie } }, '6*7')
  if (result !== '42') throw new Error(`the cell came to ${result}`)
}
