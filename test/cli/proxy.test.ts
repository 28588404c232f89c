/** `littlehub proxy` as a program. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { littlehub, startProgram } from '../support/command-line.ts'
import { temporaryFolder } from '../support/hub.ts'
import { ask, callApi, token } from '../support/standalone.ts'

const somewhere = ['--ip', '127.0.0.1', '--port', '0', '--api-ip', '127.0.0.1', '--api-port', '0']

t.test('it proxies until it is asked to stop, and ends as the peer does', async (t) => {
  const pidFile = path.join(temporaryFolder(t), 'pid')
  const program = startProgram(t, ['proxy', ...somewhere, '--pid-file', pidFile], {
    CONFIGPROXY_AUTH_TOKEN: token,
  })
  const [, port] = await program.waitFor(/"http:\/\/127\.0\.0\.1:(\d+)","to"/)
  const [, apiPort] = await program.waitFor(/127\.0\.0\.1:(\d+)\/api\/routes/)
  t.match(await callApi(Number(apiPort), {}), { status: 200, text: '{}' })
  t.match(await ask({ host: '127.0.0.1', port: Number(port), path: '/' }), { status: 404 })
  program.send('SIGTERM')
  t.equal(await program.ended, 2)
  t.equal(existsSync(pidFile), false)
  t.notMatch(program.output(), token)
})

t.test('it warns when its API asks for no token', async (t) => {
  const program = startProgram(t, ['proxy', ...somewhere])
  await program.waitFor(/asks for no token/)
  await program.waitFor(/api\/routes/)
  program.send('SIGINT')
  t.equal(await program.ended, 2)
})

t.test('what it cannot do is told at once', async (t) => {
  t.match(await littlehub(['proxy', '--storage-backend', 'x']), { code: 2, err: /not supported/ })
  t.match(await littlehub(['proxy', '--log-level', 'loud']), { code: 2, err: /none of debug/ })
  t.match(await littlehub(['proxy', '--error-tarGet', 'x']), { code: 2, err: /--error-target/ })
  t.match(await littlehub(['proxy', '-V']), { code: 0, out: /^\d+\.\d+\.\d+$/ })
})
