import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { findProcess } from '../../src/lib/process.ts'
import { sleep } from '../../src/lib/time.ts'
import { startHub, temporaryFolder } from '../support/hub.ts'

/** Asks the hub who it is, and notes its pid, the answer and whether it was given a token. */
const program = `
  const { appendFileSync } = require('node:fs')
  fetch(process.env.JUPYTERHUB_API_URL).then((response) => response.json()).then((answer) => {
    const facts = [process.pid, answer.version, process.env.JUPYTERHUB_API_TOKEN.length > 30]
    appendFileSync('note', facts.join(' ') + '\\n')
    setInterval(() => {}, 1000)
  })`

t.test('a service runs while the hub does, and is started again when it ends', async (t) => {
  const cwd = temporaryFolder(t)
  const services = [{ name: 'noter', command: [process.execPath, '-e', program], cwd }]
  const { hub, url } = await startHub(t, { settings: { services: JSON.stringify(services) } })
  const file = path.join(cwd, 'note')
  const notes = async (count: number): Promise<string[][]> => {
    for (;;) {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
      const lines = text.trimEnd().split('\n')
      if (text.endsWith('\n') && lines.length >= count) return lines.map((one) => one.split(' '))
      await sleep(50)
    }
  }

  const [[pid, version, hasToken] = []] = await notes(1)
  t.equal(Number(pid), hub.context.managedServices.pidOf('noter'))
  const admin = hub.context.users.add('admin', { admin: true })
  const { secret } = hub.context.tokens.issue({ user: admin, note: 'test' })
  const headers = { authorization: `token ${secret}` }
  const shown = await fetch(`${url}/hub/api/services/noter`, { headers })
  t.match(await shown.json(), { name: 'noter', pid: Number(pid), command: [process.execPath] })
  t.match(version, /^\d+\.\d+/)
  t.equal(hasToken, 'true')

  process.kill(Number(pid), 'SIGKILL')
  const [, [again] = []] = await notes(2)
  t.not(again, pid)

  await hub.stop()
  t.not(findProcess(Number(again))?.isZombie, false)
})
