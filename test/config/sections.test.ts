/** The schema of everything: our settings and a section per plug-in. */
import t from 'tap'
import { section, text } from '../../src/config/schema.ts'
import { isLive, listSettings, optionOf, wholeSchema } from '../../src/config/sections.ts'

t.test('every plug-in has a section of its own name', async (t) => {
  const mine = section({ word: text('hi', 'W.') }, 'M.')
  const settings = listSettings(wholeSchema({ auth: { mine }, spawner: { other: mine } }))
  const keys = settings.map(({ key }) => key)
  for (const key of [
    'port',
    'session.max_age',
    'auth.type',
    'auth.mine.word',
    'spawner.cmd',
    'spawner.other.word',
  ])
    t.ok(keys.includes(key), key)
  t.equal(new Set(keys).size, keys.length)
  const found = settings.find(({ key }) => key === 'auth.mine.word')
  t.equal(found && optionOf(found.schema, 'default'), 'hi')
})

t.test('what a running hub cannot change says so', async (t) => {
  const mine = section({ word: text('hi', 'W.') }, 'M.')
  const schema = wholeSchema({ auth: { mine }, spawner: { mine } })
  const restarting = listSettings(schema).filter((setting) => !isLive(setting))
  const keys = restarting.map(({ key }) => key)
  for (const key of ['data_dir', 'port', 'auth.type', 'auth.mine.word', 'spawner.mine.word'])
    t.ok(keys.includes(key), key)
  for (const key of ['spawner.cmd', 'cull.timeout', 'services', 'roles', 'session.max_age'])
    t.notOk(keys.includes(key), key)
})
