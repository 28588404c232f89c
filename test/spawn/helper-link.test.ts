import { createServer } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { writeJsonLine } from '../../src/lib/json-lines.ts'
import { openHelperLink } from '../../src/spawn/helper-link.ts'
import { temporaryFolder } from '../support/hub.ts'

const needs = { onMemoryKill: () => undefined, onLeave: () => undefined }

t.test('the helper says which version it is', async (t) => {
  const socket = path.join(temporaryFolder(t), 'helper.sock')
  const server = createServer((peer) => writeJsonLine(peer, { version: '9.9.9', more: 1 }))
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const link = openHelperLink({ ...needs, socket })
  t.teardown(() => {
    link.close()
    server.close()
  })
  t.equal(await link.version, '9.9.9')
})

t.test('where nobody listens nothing was heard', async (t) => {
  const link = openHelperLink({ ...needs, socket: path.join(temporaryFolder(t), 'none') })
  const lost = { name: 'LinkLost', heard: false, cause: { code: 'ENOENT' } }
  t.match(await link.ask('poll', {}).catch((thrown: unknown) => thrown), lost)
  t.match(await link.ask('poll', {}).catch((thrown: unknown) => thrown), lost)
  t.match(await link.version.catch((thrown: unknown) => thrown), lost)
})
