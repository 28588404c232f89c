/** Facts about the hub, and its end (contract §3.1, §3.2, §9.11, §9.12). */
import t from 'tap'
import { startApi } from '../support/api.ts'
import { createScriptedSpawner } from '../support/scripted-spawner.ts'

// §9.11
t.test('who may read about the hub learns what it is, honestly', async (t) => {
  const { nobody, as, addUser } = await startApi(t)
  const [ana, admin] = [addUser('ana'), addUser('admin')]
  t.equal((await nobody('GET', '/hub/api/info')).status, 403)
  t.equal((await as(ana)('GET', '/hub/api/info')).status, 403)
  t.equal((await as(admin, ['read:users'])('GET', '/hub/api/info')).status, 403)
  t.match(await as(admin)('GET', '/hub/api/info'), {
    status: 200,
    json: {
      version: '6.1.1',
      python: `Node.js ${process.version}`,
      sys_executable: String,
      spawner: { class: 'littlehub.spawn.process', version: String },
      authenticator: { class: 'littlehub.auth.native', version: String },
      littlehub: { version: /^\d+\.\d+\.\d+/ },
    },
  })
})

t.test('where starts can be warm it says how they went', async (t) => {
  const facts = {
    warm: 2,
    cold: 1,
    warmMs: 250,
    lastReason: 'the process that is forked was still being prepared',
  }
  const spawner = Object.assign(createScriptedSpawner(), { warmth: () => facts })
  const { as, addUser } = await startApi(t, { spawner })
  const { json } = await as(addUser('admin'))('GET', '/hub/api/info')
  t.match(json, {
    littlehub: {
      warm_start: {
        ...{ warm: 2, cold: 1, warm_seconds: 0.25, cold_seconds: null },
        last_reason: 'the process that is forked was still being prepared',
      },
    },
  })
})

// §9.12
t.test('an admin ends the hub, with or without its servers', async (t) => {
  const { nobody, as, addUser, stops } = await startApi(t)
  const [ana, admin] = [addUser('ana'), as(addUser('admin'))]
  const path = '/hub/api/shutdown'
  t.equal((await nobody('POST', path)).status, 403)
  t.equal((await as(ana)('POST', path)).status, 403)
  for (const bad of [{ servers: 'maybe' }, { proxy: 1 }, [1], '{'])
    t.equal((await admin('POST', path, bad)).status, 400, JSON.stringify(bad))
  t.same(stops, [])
  const close = { connection: 'close' }
  t.match(await admin('POST', path, undefined, close), {
    status: 202,
    json: { message: 'Shutting down Hub' },
  })
  t.equal((await admin('POST', path, { servers: true, proxy: true }, close)).status, 202)
  t.same(stops, [{ servers: false }, { servers: true }])
})
