import t from 'tap'
import { keyOf, valueOf } from '../../src/cli/config-key.ts'
import { type Call } from '../../src/cli/command.ts'

const call = (input: string) =>
  ({ terminal: { readInput: () => Promise.resolve(input) } }) as unknown as Call

t.test('a value is read as its setting is', async (t) => {
  const read = (name: string, typed: string, input = '') => valueOf(keyOf(name), typed, call(input))
  t.equal(await read('port', '80'), 80)
  t.equal(await read('cull.enabled', 'no'), false)
  t.equal(await read('cull.timeout', '-', '2h\n'), '2h')
  t.same(await read('trusted_proxies', 'a, b'), ['a', 'b'])
  t.same(await read('spawner.environment', '{"A":"1"}'), { A: '1' })
  t.equal(await read('spawner.environment.A', '1'), '1')
  t.equal(await read('port', 'many'), 'many', 'and left to the check when it is none')
})

t.test('where a secret lies may be typed, the secret itself may not', async (t) => {
  t.equal(keyOf('https.tls.key').isSecret, false)
  t.equal(keyOf('auth.github.client_secret').isSecret, true)
  t.equal(keyOf('spawner.environment.API_KEY').isSecret, true)
})

t.test('an unknown key names the nearest one', (t) => {
  const message = (name: string): string => {
    try {
      keyOf(name)
      return ''
    } catch (thrown) {
      return String(thrown)
    }
  }
  t.match(message('cull.timout'), 'Did you mean cull.timeout?')
  t.match(message('idle_timeout'), 'Did you mean session.idle_timeout?')
  t.match(message('http.port'), 'is called `port` here')
  t.match(message('completely.else'), 'littlehub config show lists all')
  t.match(message(''), 'There is no setting')
  t.end()
})
