/** Turns in the queue of starts: order, place, cancelling, and starts that hang. */
import t, { type Test } from 'tap'
import { createProgressLog, type ProgressEvent, type ProgressLog } from '../../src/core/progress.ts'
import { createStartQueue, placeWords, type Urgency } from '../../src/core/start-queue.ts'
import { createCore, eventually } from '../support/core.ts'

type Job = {
  readonly progress: ProgressLog
  readonly outcome: Promise<string>
  readonly cancel: () => void
  readonly finish: () => void
}

/** A queue and the order in which its work begins. */
function createBench(atOnce = 1, patienceMs?: number) {
  const begun: number[] = []
  const slots = { atOnce }
  const queue = createStartQueue(() => slots.atOnce, patienceMs)
  const add = (id: number, urgency: Urgency = 'now'): Job => {
    const progress = createProgressLog()
    const controller = new AbortController()
    const { promise, resolve } = Promise.withResolvers<string>()
    const turn = { id, urgency, progress, signal: controller.signal }
    const outcome = queue.run(turn, () => {
      begun.push(id)
      return promise
    })
    outcome.catch(() => undefined)
    return {
      progress,
      outcome,
      cancel: () => controller.abort(new Error('cancelled')),
      finish: () => resolve(`${id} done`),
    }
  }
  return { begun, slots, queue, add }
}

const said = ({ progress }: Job): string[] => progress.events.map(({ message }) => message)

t.test('as many as may run at once begin, the others in the order of coming', async (t) => {
  const { begun, queue, add } = createBench(2)
  const jobs = [1, 2, 3, 4].map((id) => add(id))
  t.ok(await eventually(() => begun.length === 2))
  t.same([queue.running(), queue.waiting()], [2, 2])
  t.match(queue.placeOf(4), { place: 2 })
  jobs[0]?.finish()
  t.equal(await jobs[0]?.outcome, '1 done')
  t.ok(await eventually(() => begun.length === 3))
  for (const job of jobs) job.finish()
  await Promise.all(jobs.map(({ outcome }) => outcome))
  t.same(begun, [1, 2, 3, 4])
  t.same([queue.running(), queue.waiting()], [0, 0])
})

t.test(
  'whoever waits is told the place at once, and an estimate as soon as there is one',
  async (t) => {
    const { add } = createBench()
    const first = add(1)
    const second = add(2)
    const third = add(3)
    t.same(said(second), ['Next in the queue.'])
    t.same(said(third), ['Number 2 in the queue.'])
    t.equal(third.progress.events[0]?.place, 2)
    first.finish()
    await first.outcome
    const fourth = add(4)
    t.match(said(fourth)[0], /^Number 2 in the queue: ready in about \d+ seconds?\.$/)
    t.match(said(third).at(-1), /^Next in the queue: ready in about 1 second\.$/)
    for (const job of [second, third, fourth]) job.finish()
    await Promise.all([second, third, fourth].map(({ outcome }) => outcome))
  },
)

t.test(
  'whoever watches goes before what starts in the background, and may come to watch',
  async (t) => {
    const { begun, queue, add } = createBench()
    const first = add(1)
    const group = [add(2, 'background'), add(3, 'background')]
    const student = add(4)
    t.match(queue.placeOf(4), { place: 1 })
    queue.hurry(3)
    t.match(queue.placeOf(3), { place: 2 }, 'behind those who watched before')
    t.match(queue.placeOf(2), { place: 3 })
    const all = [first, student, ...group]
    for (const job of all) job.finish()
    await Promise.all(all.map(({ outcome }) => outcome))
    t.same(begun, [1, 4, 3, 2])
  },
)

t.test('cancelling while waiting leaves the queue, and the work is never begun', async (t) => {
  const { begun, queue, add } = createBench()
  const first = add(1)
  const second = add(2)
  const third = add(3)
  second.cancel()
  t.match(await second.outcome.catch((e: unknown) => e), { message: 'cancelled' })
  t.match(queue.placeOf(3), { place: 1 })
  first.finish()
  third.finish()
  await third.outcome
  t.same(begun, [1, 3])
})

t.test('one cancelled in the moment of its turn frees the slot again', async (t) => {
  const { queue, add } = createBench()
  const first = add(1)
  const second = add(2)
  first.finish()
  await first.outcome
  second.cancel()
  second.finish()
  await second.outcome.catch(() => undefined)
  t.equal(queue.running(), 0)
})

t.test('work that fails gives its turn on, and does not count for the estimate', async (t) => {
  const queue = createStartQueue(() => 1)
  const turn = (id: number) => ({
    id,
    urgency: 'now' as const,
    progress: createProgressLog(),
    signal: new AbortController().signal,
  })
  const failing = queue.run(turn(1), () => Promise.reject(new Error('no')))
  const { promise, resolve } = Promise.withResolvers<string>()
  const next = queue.run(turn(2), () => promise)
  t.match(await failing.catch((e: unknown) => e), { message: 'no' })
  t.equal(queue.running(), 1)
  const waiting = turn(3)
  const last = queue.run(waiting, () => Promise.resolve('last'))
  t.same(queue.placeOf(3), { place: 1, readyMs: undefined })
  resolve('next')
  t.same(await Promise.all([next, last]), ['next', 'last'])
})

t.test('a start that hangs lets the others go ahead after a while', async (t) => {
  const { begun, queue, add } = createBench(1, 50)
  const hanging = add(1)
  const next = add(2)
  t.same([queue.running(), queue.waiting()], [1, 1])
  t.ok(await eventually(() => begun.length === 2))
  t.equal(queue.running(), 1, 'and is not counted any more')
  hanging.finish()
  next.finish()
  await Promise.all([hanging.outcome, next.outcome])
  t.equal(queue.running(), 0)
})

t.test('when more may start at once, the next second sees to it', async (t) => {
  const { begun, slots, add } = createBench()
  const jobs = [add(1), add(2)]
  slots.atOnce = 2
  await new Promise((resolve) => setTimeout(resolve, 1200))
  t.same(begun, [1, 2])
  for (const job of jobs) job.finish()
  await Promise.all(jobs.map(({ outcome }) => outcome))
})

t.test('estimates are rounded to what they can know', async (t) => {
  const words = (readyMs: number): string => placeWords({ place: 1, readyMs })
  t.equal(words(300), 'Next in the queue: ready in about 1 second.')
  t.equal(words(7100), 'Next in the queue: ready in about 8 seconds.')
  t.equal(words(61_000), 'Next in the queue: ready in about 65 seconds.')
  t.equal(words(150_000), 'Next in the queue: ready in about 3 minutes.')
})

/** One start goes on, and stays silent until it is stopped; the servers of the others wait. */
async function createQueue(t: Test) {
  const core = createCore(t, { settings: { 'spawner.starts_at_once': '1' } })
  core.spawner.behaviour = 'stays silent'
  const [first, ...others] = ['ana', 'ben', 'cleo'].map((name) => core.serverOf(core.addUser(name)))
  if (!first) throw new Error('nobody there')
  const { servers } = core.context
  const outcomes = [first, ...others].map((server) =>
    servers.start(server).catch((thrown: unknown) => thrown),
  )
  await eventually(() => core.again(first).spawnState !== undefined)
  core.spawner.behaviour = 'answers'
  return { core, servers, first, others, outcomes }
}

t.test(
  'a start that waits for its turn is starting, shows its place, and then starts',
  async (t) => {
    const { core, servers, first, others, outcomes } = await createQueue(t)
    const [ben, cleo] = others
    if (!ben || !cleo) return
    t.match(core.again(cleo), { state: 'starting', startedAt: undefined, spawnState: undefined })
    t.equal(core.spawner.started, 1)
    const seen: ProgressEvent[] = []
    for await (const event of servers.progress(cleo, AbortSignal.timeout(5000))) {
      seen.push(event)
      if (event.place === 2) await servers.stop(first)
    }
    t.match(seen[1], { place: 2, message: 'Number 2 in the queue.', progress: 5 })
    t.match(seen.at(-1), { ready: true })
    t.match(core.again(cleo).startedAt, Date)
    t.match(await Promise.all(outcomes), [{ code: 'Conflict' }, { name: '' }, { name: '' }])
  },
)

t.test('cancelling while waiting leaves nothing, and the next one moves up', async (t) => {
  const { core, servers, others, outcomes } = await createQueue(t)
  const [ben, cleo] = others
  if (!ben || !cleo) return
  await servers.stop(ben)
  t.match(await outcomes[1], { code: 'Conflict', message: 'Spawn cancelled' })
  t.match(core.again(ben), { state: 'stopped', failure: undefined })
  t.match(core.context.startQueue.placeOf(cleo.id), { place: 1 })
  t.equal(core.spawner.started, 1)
})

t.test('what starts in the background waits until nobody who watches does', async (t) => {
  const { core, servers, first } = await createQueue(t)
  const dora = core.serverOf(core.addUser('dora'))
  const eve = core.serverOf(core.addUser('eve'))
  servers.startInBackground(dora)
  servers.startInBackground(dora)
  void servers.start(eve)
  t.match(core.context.startQueue.placeOf(eve.id), { place: 3 })
  t.match(core.context.startQueue.placeOf(dora.id), { place: 4 })
  void servers.start(dora)
  t.match(core.context.startQueue.placeOf(dora.id), { place: 4 }, 'behind who came before')
  await servers.stop(first)
  t.ok(await eventually(() => core.again(dora).state === 'ready'))
})
