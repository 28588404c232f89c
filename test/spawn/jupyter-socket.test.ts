/** Which Jupyter servers take a Unix socket: told by what is installed, not by trying. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { takesSocket } from '../../src/spawn/jupyter-socket.ts'

const name = 'jupyterhub-singleuser'

/** An environment with these in the folder of its packages. @returns the variables of a server of it */
function environmentWith(t: Test, packages: readonly string[], library = 'lib/python3.11') {
  const dir = t.testdir({})
  const bin = path.join(dir, 'bin')
  mkdirSync(bin)
  for (const found of packages)
    mkdirSync(path.join(dir, library, 'site-packages', found), { recursive: true })
  writeFileSync(path.join(bin, name), `#!${bin}/python3\n`)
  chmodSync(path.join(bin, name), 0o755)
  return { PATH: bin }
}

const command = [name]
const server = ['jupyter_server', 'jupyter_server-2.21.1.dist-info']

t.test('a Jupyter Server does, whatever has installed it', async (t) => {
  const environment = environmentWith(t, [...server, 'jupyterhub-6.1.1.dist-info'])
  t.equal(takesSocket({ command, environment }), true)
  const debian = environmentWith(t, ['jupyter_server', 'jupyterhub-3.0.0.egg-info'], 'lib/python3')
  t.equal(takesSocket({ command, environment: debian }), true)
  const app = { JUPYTERHUB_SINGLEUSER_APP: 'jupyter_server.serverapp.ServerApp' }
  t.equal(takesSocket({ command, environment: { ...environment, ...app } }), true)
})

t.test('its packages may be in a folder that the environment names', async (t) => {
  const environment = environmentWith(t, [])
  const elsewhere = path.join(path.dirname(environment.PATH), 'elsewhere')
  for (const found of [...server, 'jupyterhub-6.1.1.dist-info'])
    mkdirSync(path.join(elsewhere, found), { recursive: true })
  const packages = path.join(environment.PATH, '../lib/python3.11/site-packages')
  mkdirSync(packages, { recursive: true })
  writeFileSync(path.join(packages, 'more.pth'), `import this\n${elsewhere}\n`)
  t.equal(takesSocket({ command, environment }), true)
})

t.test('the classic Notebook does not: it is asked for, older, or all there is', async (t) => {
  const environment = environmentWith(t, [...server, 'jupyterhub-3.0.0.dist-info'])
  for (const app of ['notebook', 'notebook.notebookapp.NotebookApp', 'my_server.App'])
    t.equal(
      takesSocket({ command, environment: { ...environment, JUPYTERHUB_SINGLEUSER_APP: app } }),
      false,
    )
  const old = environmentWith(t, [...server, 'jupyterhub-1.5.1.dist-info'])
  t.equal(takesSocket({ command, environment: old }), false)
  const alone = environmentWith(t, ['notebook', 'jupyterhub-3.0.0.dist-info'])
  t.equal(takesSocket({ command, environment: alone }), false)
})

t.test('of what is not installed beside it nothing is known', async (t) => {
  t.equal(takesSocket({ command, environment: environmentWith(t, server) }), undefined)
  t.equal(takesSocket({ command, environment: { PATH: '/nonexistent' } }), undefined)
  t.equal(takesSocket({ command: [], environment: {} }), undefined)
  const environment = environmentWith(t, ['jupyterhub-6.1.1.dist-info'])
  writeFileSync(path.join(environment.PATH, name), '#!/bin/sh\nexec something-else\n')
  t.equal(takesSocket({ command, environment }), undefined)
})
