/** Limits from the command line; with real units in install/service.test.ts. */
import t from 'tap'
import { createFakeSpawner, holdLimits } from '../support/fake-spawner.ts'
import { littlehub } from '../support/command-line.ts'
import { serverOf, startHub } from '../support/hub.ts'

t.test('the running hub gives a server other limits, and still notices its end', async (t) => {
  const spawner = createFakeSpawner()
  const { hub, dataDir } = await startHub(t, { users: ['ana', 'admin'], spawner })
  const { servers } = hub.context
  holdLimits(hub.context.spawner)
  const command = (...words: readonly string[]) =>
    littlehub(['server', 'limits', ...words], { environment: { LITTLEHUB_DATA: dataDir } })
  t.match(await command('ana', '--memory', '1G'), { code: 1, err: /ana is not running/ })
  await servers.start(serverOf(hub, 'ana'))
  t.match(await command('ana', '--memory', '1G', '--cpu', '0.5'), { code: 0 })
  t.same(servers.limits(serverOf(hub, 'ana')), { memoryBytes: 2 ** 30, cpuCores: 0.5 })
  t.match(await command('ana', '--memory', 'none', '--tasks', '200', '--json'), { code: 0 })
  t.same(servers.limits(serverOf(hub, 'ana')), { cpuCores: 0.5, tasks: 200 })
  t.match(await command('ana', '--memory', '4'), { code: 1, err: /too little for a server/ })
  t.match(await command('ghost'), { code: 1, err: /ghost/ })
  t.match(await command('ana', '--server', 'lab'), { code: 1, err: /no server named "lab"/ })
  spawner.end('ana', 137)
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (serverOf(hub, 'ana').state === 'stopped') break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.equal(serverOf(hub, 'ana').state, 'stopped')
})

t.test('what a server may use is shown, to people and to scripts', async (t) => {
  const { dataDir } = await startHub(t, { users: ['ana'] })
  const environment = { LITTLEHUB_DATA: dataDir, LITTLEHUB_LIMITS__MEMORY: '2G' }
  const words = ['server', 'limits', 'ana']
  const { code, out, err } = await littlehub(words, { environment })
  t.equal(code, 0)
  t.match(err, /ana does not run with limits that could be changed/)
  t.match(out, /MEMORY +CPU +TASKS\nnext start +2 GiB +none +none/)
  t.strictSame(JSON.parse((await littlehub([...words, '--json'], { environment })).out), {
    ...{ user: 'ana', server: '', now: null },
    nextStart: { memoryBytes: 2 ** 31 },
  })
})
