import t from 'tap'
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts'
import { pluginSchemas } from '../../src/context.ts'
import { startApi } from '../support/api.ts'

const path = '/hub/api/reload'

t.test('who may have the configuration read again learns what came of it', async (t) => {
  const written = {
    'announcement.text': 'hi',
    port: '1',
    data_dir: '',
    'password.bcrypt_cost': '4',
  }
  const readAgain = (): LoadedConfig =>
    loadConfig({ env: {}, flags: { ...written, data_dir: api.dataDir } }, pluginSchemas)
  const api = await startApi(t, { readAgain })
  const [ana, admin] = [api.addUser('ana'), api.addUser('admin')]
  t.equal((await api.nobody('POST', path)).status, 403)
  t.equal((await api.as(ana)('POST', path)).status, 403)
  t.equal((await api.as(admin, ['shutdown'])('POST', path)).status, 403)
  t.equal(api.context.config.announcement.text, '')
  t.match(await api.as(admin, ['reload'])('POST', path), {
    status: 200,
    json: { applied: ['announcement.text'], needs_restart: ['port'], file: null },
  })
  t.equal(api.context.config.announcement.text, 'hi')
  t.equal((await api.as(admin)('GET', path)).status, 405)
})

t.test('one that cannot be used is refused with every reason', async (t) => {
  const readAgain = (): LoadedConfig =>
    loadConfig({ env: {}, flags: { port: 'x', base_url: 'y' } }, pluginSchemas)
  const { as, addUser, context } = await startApi(t, { readAgain })
  const answer = await as(addUser('admin'))('POST', path)
  t.equal(answer.status, 400)
  t.match(answer.json.message, /command line: port: .*\n.*command line: base_url: /)
  t.equal(context.config.base_url, '/')
})

t.test('a hub that cannot read it again says so', async (t) => {
  const { as, addUser } = await startApi(t)
  t.equal((await as(addUser('admin'))('POST', path)).status, 409)
})
