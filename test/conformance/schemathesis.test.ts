/** The API is what two descriptions of it say: its own, and the one that JupyterHub publishes (Schemathesis, unmodified). */
import { execFile } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { startHub, temporaryFolder, userEnvironment } from '../support/hub.ts'
import { trueDescription } from '../support/jupyterhub-description.ts'

/** The environment that `scripts/test` makes. */
const program = path.join(path.dirname(userEnvironment), 'schemathesis/bin/schemathesis')

/** Answers whatever is asked, at once. */
const server = `#!/usr/bin/python3
import os, urllib.parse, http.server
url = urllib.parse.urlparse(os.environ['JUPYTERHUB_SERVICE_URL'])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer((url.hostname, url.port), Answer).serve_forever()
`

const settings = path.join(import.meta.dirname, 'schemathesis.toml')

/** test/README.md says why. */
const exceptions = ['--exclude-path', '/shutdown']
const ownExceptions = [...exceptions, '--exclude-checks', 'positive_data_acceptance']
const publishedExceptions = [
  ...[...exceptions, '--exclude-path', '/oauth2/authorize', '--exclude-checks'],
  'positive_data_acceptance,status_code_conformance,unsupported_method',
]

type Place = { readonly url: string; readonly header: readonly string[]; readonly folder: string }

async function setUp(t: Test): Promise<Place> {
  const folder = temporaryFolder(t)
  const command = path.join(folder, 'server')
  writeFileSync(command, server)
  chmodSync(command, 0o755)
  const { hub, url } = await startHub(t, {
    users: ['admin', 'ana', 'ben'],
    settings: {
      'spawner.cmd': command,
      'spawner.named_server_limit_per_user': '3',
      'spawner.active_server_limit': '3',
    },
  })
  const { store, groups, tokens } = hub.context
  groups.createMany(['course'], ['ana'])
  const { secret } = tokens.issue({ user: store.users.getByName('admin'), note: 'test' })
  const header = ['--header', `Authorization: token ${secret}`]
  return { url: `${url}/hub/api`, header, folder }
}

type Outcome = { readonly exitCode: number; readonly output: string }

const run = (words: readonly string[], cwd: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const all = ['--config-file', settings, 'run', ...words]
    execFile(program, all, { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })

t.test('the hub is as its own description says', async (t) => {
  const { url, header, folder } = await setUp(t)
  const words = [`${url}/openapi.json`, ...header, ...ownExceptions]
  isClean(t, await run(words, folder))
})

t.test('the hub is as JupyterHub’s description says', async (t) => {
  const { url, header, folder } = await setUp(t)
  const file = path.join(folder, 'description.json')
  writeFileSync(file, JSON.stringify(trueDescription()))
  const words = [file, '--url', url, ...header, ...publishedExceptions]
  isClean(t, await run(words, folder))
})

function isClean(t: Test, { exitCode, output }: Outcome): void {
  t.equal(exitCode, 0, 'no failure', { output })
  t.match(output, /No issues found/)
  for (const phase of ['Coverage', 'Fuzzing', 'Stateful']) t.match(output, `✅ ${phase}`)
}
