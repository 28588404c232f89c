import t from 'tap'
import { editText, type Edit } from '../../src/config/edit.ts'

const text = `# A class of forty
port: 8000 # where

cull:
  # how long
  timeout: 1h
admin_users:
  - ana # the boss
spawner:
`
const edited = (edit: Edit, before = text) => editText(before, edit, 'hub.yaml')

t.test('a change touches its own line and nothing else', (t) => {
  t.equal(edited({ action: 'set', at: ['port'], value: 80 }), text.replace('8000', '80'))
  t.equal(
    edited({ action: 'set', at: ['cull', 'every'], value: '2m' }),
    text.replace('1h\n', '1h\n  every: 2m\n'),
  )
  t.equal(
    edited({ action: 'set', at: ['spawner', 'environment', 'A'], value: '1' }),
    text.replace('spawner:\n', 'spawner:\n  environment:\n    A: "1"\n'),
  )
  t.equal(
    edited({ action: 'set', at: ['trusted_proxies'], value: ['a', 'b'] }),
    `${text.trimEnd()}\ntrusted_proxies: [a, b]\n`,
  )
  t.equal(edited({ action: 'set', at: ['port'], value: 1 }, ''), 'port: 1\n')
  t.end()
})

t.test('what is taken out goes, with a section that it leaves empty', (t) => {
  t.notMatch(edited({ action: 'unset', at: ['cull', 'timeout'] }), 'cull')
  t.equal(edited({ action: 'unset', at: ['host'] }), text)
  t.equal(edited({ action: 'unset', at: ['port'] }, 'port: 1\n'), '')
  t.end()
})

t.test('an entry comes once, and goes', (t) => {
  const at = ['admin_users']
  const more = edited({ action: 'add', at, value: 'ben' })
  t.equal(more, text.replace('boss\n', 'boss\n  - ben\n'))
  t.equal(edited({ action: 'add', at, value: 'ben' }, more), more)
  t.equal(edited({ action: 'remove', at, value: 'ben' }, more), text)
  t.end()
})

t.test('where something else is written, nothing is forced', (t) => {
  const refused = (edit: Edit, before: string, message: RegExp) =>
    t.throws(() => edited(edit, before), { name: 'ConfigError', message })
  refused({ action: 'set', at: ['port', 'x'], value: 1 }, text, /hub\.yaml: port: is no section/)
  refused({ action: 'add', at: ['port'], value: 1 }, text, /port: is no list/)
  refused({ action: 'set', at: ['port'], value: 1 }, 'a: [', /hub\.yaml: syntax/)
  t.end()
})
