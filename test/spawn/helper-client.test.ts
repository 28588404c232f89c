/** A hub and its helper, over a real socket: what one asks for the other does, also when it is started anew. */
import { createServer } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { createHelperCalls } from '../../src/spawn/helper-calls.ts'
import { createHelperClient } from '../../src/spawn/helper-client.ts'
import { serveHelper } from '../../src/spawn/helper-server.ts'
import { type Ending, type Spawner, type Started } from '../../src/spawn/spawner.ts'
import { temporaryFolder } from '../support/hub.ts'
import { eventually, never, quietLog, requestFor } from './support.ts'

const state = {
  unit: 'jupyter-ana.service',
  invocation: 'a',
  slug: 'ana',
  port: 0,
  memoryBytes: 0,
  cpuCores: 0,
  tasks: 0,
}

const unused = (): never => {
  throw new Error('nobody asked for this')
}

/** A spawner of root that does what a test wants. */
const spawnerOf = (parts: Partial<Spawner>): Spawner => ({
  start: unused,
  poll: unused,
  stop: unused,
  exited: unused,
  logTail: unused,
  usage: unused,
  forget: unused,
  ...parts,
})

/** @returns what ends it in good order */
async function serve(t: Test, file: string, parts: Partial<Spawner>): Promise<() => Promise<void>> {
  const spawner = spawnerOf(parts)
  const calls = createHelperCalls(spawner, { unitPrefix: 'jupyter-', isAdmin: () => false })
  const server = createServer()
  const helper = serveHelper(server, { calls, spawner, log: quietLog() })
  await new Promise<void>((resolve) => server.listen(file, resolve))
  t.teardown(() => helper.close())
  return () => helper.close()
}

async function start(t: Test, parts: Partial<Spawner>) {
  const file = path.join(temporaryFolder(t), 'helper.sock')
  const end = await serve(t, file, parts)
  const client = createHelperClient(file)
  t.teardown(() => client.close?.())
  return { client, file, end }
}

/** One that is started anew gets the socket from systemd; here it has to be gone first. */
const anew = async (
  t: Test,
  helper: { file: string; end: () => Promise<void> },
  parts: Partial<Spawner>,
) => {
  // prettier-ignore
  await helper.end()
  await serve(t, helper.file, parts)
}

t.test('a start says how it goes on, and brings what was started', async (t) => {
  const { client } = await start(t, {
    start: ({ slug, user, environment, progress }) => {
      progress('making an account')
      progress(`${user.name} ${String(environment['A'])}`)
      return Promise.resolve({ url: `unix:/run/${slug}`, state })
    },
  })
  const said: string[] = []
  const request = requestFor('ana', {
    environment: { A: 'a "b"\n\u2028' },
    progress: (message) => void said.push(message),
  })
  t.same(await client.start(request), { url: 'unix:/run/ana', state })
  t.same(said, ['making an account', 'ana a "b"\n\u2028'])
})

t.test('results and failures arrive as they are', async (t) => {
  const { client } = await start(t, {
    poll: () => Promise.resolve({ alive: false, exitCode: 3 }),
    usage: () => Promise.resolve(undefined),
    logTail: (_, lines) => Promise.resolve(['a', 'b', 'c'].slice(0, lines)),
    stop: () => Promise.reject(new HubError('Unavailable', 'The server cannot be ended.')),
    forget: () => Promise.reject(new Error('a fault')),
    setLimits: (before, { tasks = 0 }) => Promise.resolve({ ...before, tasks }),
    archiveHome: (_, name) => Promise.resolve(`/a/${name}`),
  })
  t.same(await client.poll(state), { alive: false, exitCode: 3 })
  t.equal(await client.usage(state), undefined)
  t.same(await client.logTail('ana', 2), ['a', 'b'])
  t.same(await client.setLimits?.(state, { tasks: 4 }), { ...state, tasks: 4 })
  const { user } = requestFor('ana')
  t.equal(
    await client.archiveHome?.(user, 'ana-20260102T030405.tar.gz'),
    '/a/ana-20260102T030405.tar.gz',
  )
  t.match(await client.stop(state).catch((thrown: unknown) => thrown), {
    code: 'Unavailable',
    status: 503,
    message: 'The server cannot be ended.',
  })
  t.match(await client.forget('ana').catch((thrown: unknown) => thrown), { message: 'a fault' })
})

t.test('a start that is cancelled is cancelled there', async (t) => {
  const began = Promise.withResolvers<undefined>()
  const { client } = await start(t, {
    start: ({ signal }) =>
      new Promise<Started>((_, reject) => {
        began.resolve(undefined)
        signal.addEventListener('abort', () => reject(new Error('stopped')))
      }),
  })
  const cancel = new AbortController()
  const starting = client.start(requestFor('ana', { signal: cancel.signal }))
  await began.promise
  cancel.abort(new Error('cancelled'))
  await t.rejects(starting, { message: 'cancelled' })
  await t.rejects(client.start(requestFor('ana', { signal: cancel.signal })), {
    message: 'cancelled',
  })
})

t.test('when the hub goes, what it has begun is given up', async (t) => {
  const began = Promise.withResolvers<AbortSignal>()
  const { client } = await start(t, {
    start: ({ signal }) => {
      began.resolve(signal)
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error())))
    },
  })
  const starting = client.start(requestFor('ana')).catch(() => undefined)
  const signal = await began.promise
  client.close?.()
  t.ok(await eventually(() => signal.aborted))
  void starting
})

t.test('whoever waits for the end of a server hears of it from the next helper', async (t) => {
  const asked = Promise.withResolvers<undefined>()
  const first = await start(t, {
    exited: () => {
      asked.resolve(undefined)
      return new Promise<Ending>(() => undefined)
    },
  })
  const exited = first.client.exited(state, never)
  await asked.promise
  await anew(t, first, { exited: () => Promise.resolve({ exitCode: 7 }) })
  t.same(await exited, { exitCode: 7 })
})

t.test('waiting ends with its signal, whatever the helper does', async (t) => {
  const { client } = await start(t, { exited: () => new Promise<Ending>(() => undefined) })
  const over = new AbortController()
  const exited = client.exited(state, over.signal)
  over.abort(new Error('nobody waits any more'))
  await t.rejects(exited, { message: 'nobody waits any more' })
  await t.rejects(client.exited(state, over.signal), { message: 'nobody waits any more' })
})

t.test('a helper that is to end finishes its starts first', async (t) => {
  const began = Promise.withResolvers<undefined>()
  const goOn = Promise.withResolvers<Started>()
  const first = await start(t, {
    start: () => {
      began.resolve(undefined)
      return goOn.promise
    },
  })
  const starting = first.client.start(requestFor('ana'))
  await began.promise
  const ended = first.end()
  goOn.resolve({ url: 'unix:/s', state })
  await ended
  t.same(await starting, { url: 'unix:/s', state })
})

t.test('questions that a helper took with it are asked again; a start is not', async (t) => {
  const first = await start(t, {})
  // As if it had been killed: it hears, and says nothing any more.
  const { promise: heard, resolve: hears } = Promise.withResolvers<undefined>()
  const dead = createServer((socket) => {
    socket.once('data', () => {
      socket.destroy()
      hears(undefined)
    })
  })
  await first.end()
  await new Promise<void>((resolve) => dead.listen(first.file, resolve))
  t.match(await first.client.start(requestFor('ana')).catch((thrown: unknown) => thrown), {
    code: 'Unavailable',
    message: /helper that starts and stops servers does not answer/,
  })
  await heard
  const polled = first.client.poll(state)
  await new Promise((resolve) => dead.close(resolve))
  await serve(t, first.file, { poll: () => Promise.resolve({ alive: true }) })
  t.same(await polled, { alive: true })
})

t.test('where there is no helper a start waits for one', async (t) => {
  const file = path.join(temporaryFolder(t), 'helper.sock')
  const client = createHelperClient(file)
  t.teardown(() => client.close?.())
  const starting = client.start(requestFor('ana'))
  await serve(t, file, { start: () => Promise.resolve({ url: 'unix:/s', state }) })
  t.same(await starting, { url: 'unix:/s', state })
})

t.test('a memory limit that ended a program is told', async (t) => {
  let tell: (slug: string) => void = () => undefined
  const { client } = await start(t, {
    onMemoryKill: (listener) => (tell = listener),
    poll: () => Promise.resolve({ alive: true }),
  })
  const heard: string[] = []
  client.onMemoryKill?.((slug) => heard.push(slug))
  await client.poll(state)
  tell('ana')
  t.ok(await eventually(() => heard.length > 0))
  t.same(heard, ['ana'])
})

t.test(
  'how starts went is what the helper said last, and each helper makes ready for them',
  async (t) => {
    const prepared: unknown[] = []
    const answered: unknown[] = []
    const parts: Partial<Spawner> = {
      prepare: (command, { PATH }) => void prepared.push([...command, PATH]),
      answered: (_, tookMs) => void answered.push(tookMs),
      warmth: () => ({
        warm: prepared.length,
        cold: 1,
        lastReason: 'the process that is forked was still being prepared',
      }),
      poll: () => Promise.resolve({ alive: true }),
    }
    const helper = await start(t, parts)
    const { client } = helper
    t.same(client.warmth?.(), { warm: 0, cold: 0 })
    client.prepare?.(['server'], { PATH: '/bin' })
    t.ok(await eventually(() => client.warmth?.().warm === 1))
    client.answered?.(state, 200)
    t.ok(await eventually(() => answered.length === 1))
    await anew(t, helper, parts)
    t.same(await client.poll(state), { alive: true })
    t.ok(await eventually(() => prepared.length === 2))
    t.same(prepared, [
      ['server', '/bin'],
      ['server', '/bin'],
    ])
  },
)
