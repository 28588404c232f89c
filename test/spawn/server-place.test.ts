/** Where servers listen: what Jupyter is told, what others say, and the variable that names it. */
import t from 'tap'
import {
  environmentOf,
  hasPlainSocket,
  listensOnSocket,
  portPlace,
  socketPlace,
  wordsFor,
} from '../../src/spawn/server-place.ts'
import { requestFor } from './support.ts'

const socket = socketPlace('/run/s')
const port = portPlace(4321)
const listens = (command: readonly string[], environment = {}) =>
  listensOnSocket({ command, environment })

t.test('a place has the URL that routes are made from', async (t) => {
  t.same([socket.url, port.url], ['unix:/run/s', 'http://127.0.0.1:4321'])
})

t.test('a Jupyter server is told its socket, which the group of the folder may use', async (t) => {
  const command = ['/opt/env/bin/jupyterhub-singleuser', '--debug']
  t.equal(listens(command), undefined, 'nothing is known of one that is not there')
  t.equal(listens(command, { JUPYTERHUB_SINGLEUSER_APP: 'notebook' }), false)
  t.notOk(hasPlainSocket(command))
  const words = ['--ServerApp.sock=/run/s', '--ServerApp.sock_mode=0660', '--ServerApp.port=8888']
  t.same(wordsFor(socket, command), ['--debug', ...words])
  t.same(wordsFor(socket, ['jupyter-labhub']), words)
  t.same(wordsFor(port, command), ['--debug'])
})

t.test('others say where they want to be told it', async (t) => {
  const command = ['program', '--listen={socket}', 'x']
  t.equal(listens(command), true)
  t.ok(hasPlainSocket(command))
  t.same(wordsFor(socket, command), ['--listen=/run/s', 'x'])
})

t.test('what knows no socket gets a port', async (t) => {
  t.equal(listens(['program', 'x']), false)
  t.same(wordsFor(port, ['program', 'x']), ['x'])
})

t.test('nobody else says who a server is and where it lives', async (t) => {
  const account = { name: 'jupyter-ana', uid: 1000, gid: 1000, home: '/home/a', shell: '/bin/sh' }
  const request = requestFor('ana', {
    environment: { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/zsh', A: 'b' },
  })
  const own = { HOME: '/home/a', USER: 'jupyter-ana', LOGNAME: 'jupyter-ana' }
  t.same(environmentOf(request, account, socket), {
    ...own,
    ...{ SHELL: '/bin/zsh', A: 'b', JUPYTERHUB_SERVICE_URL: 'unix:/user/ana/' },
  })
  t.match(environmentOf(request, account, port), {
    JUPYTERHUB_SERVICE_URL: 'http://127.0.0.1:4321/user/ana/',
  })
})
