import t from 'tap'
import {
  environmentOf,
  hasPlainSocket,
  listensOnSocket,
  wordsFor,
  type Place,
} from '../../src/spawn/unit-place.ts'
import { requestFor } from './support.ts'

const socket: Place = { kind: 'socket', url: 'unix:/run/s', socket: '/run/s' }
const port: Place = { kind: 'port', url: 'http://127.0.0.1:4321', port: 4321 }

t.test('a Jupyter server is told its socket, which the group of the folder may use', async (t) => {
  const command = ['/opt/env/bin/jupyterhub-singleuser', '--debug']
  t.ok(listensOnSocket(command))
  t.notOk(hasPlainSocket(command))
  t.same(wordsFor(socket, command), [
    '--debug',
    '--ServerApp.sock=/run/s',
    '--ServerApp.sock_mode=0660',
  ])
})

t.test('others say where they want to be told it', async (t) => {
  const command = ['program', '--listen={socket}', 'x']
  t.ok(listensOnSocket(command))
  t.ok(hasPlainSocket(command))
  t.same(wordsFor(socket, command), ['--listen=/run/s', 'x'])
})

t.test('what knows no socket gets a port', async (t) => {
  t.notOk(listensOnSocket(['program', 'x']))
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
