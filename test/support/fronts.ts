/** Web servers in front of a hub: the real programs, with a configuration that the hub printed. */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Test } from 'tap'
import { type SnippetName } from '../../src/cli/front-snippets.ts'
import { temporaryFolder } from './hub.ts'

export const programs: Readonly<Record<SnippetName, string>> = {
  nginx: '/usr/sbin/nginx',
  apache: '/usr/sbin/apache2',
  caddy: '/usr/bin/caddy',
}

const startingMs = 30_000

/** For a test that needs this one. */
export const frontOnly = (which: SnippetName) =>
  existsSync(programs[which]) ? {} : { skip: `${which} is not installed` }

/** Runs it on 127.0.0.1 until the test ends; resolves when it takes connections. */
export async function startFront(
  t: Test,
  which: SnippetName,
  { snippet, port }: { readonly snippet: string; readonly port: number },
): Promise<void> {
  const dir = temporaryFolder(t)
  const file = path.join(dir, 'configuration')
  writeFileSync(file, wholeOf[which](onLoopback(snippet), dir))
  const child = spawn(programs[which], wordsOf[which](file, dir), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { HOME: dir, PATH: '/usr/bin:/bin' },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  for (const end = Date.now() + startingMs; Date.now() < end && child.exitCode === null;) {
    const answered = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).then(
      () => true,
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${which} does not answer: ${said}\n${snippet}`)
}

/** A test opens no port to anybody else. */
const onLoopback = (snippet: string): string =>
  snippet
    .replace(/^ *listen \[::\].*\n/gm, '')
    .replace(/^( *listen )(\d+)/gim, '$1127.0.0.1:$2')
    .replace(/^(http.* \{)$/m, '$1\n  bind 127.0.0.1')

type Write = (snippet: string, dir: string) => string

const wholeOf: Readonly<Record<SnippetName, Write>> = {
  nginx: (snippet, dir) => `daemon off; user root; pid ${dir}/pid; error_log stderr;
events {}
http { access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join('\n')}
${snippet}
}`,
  apache: (snippet, dir) => `ServerRoot ${dir}
PidFile ${dir}/pid
ErrorLog ${dir}/error.log
User nobody
Group nogroup
${['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers', 'ssl', 'socache_shmcb', 'alias']
  .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  .join('\n')}
${snippet}
`,
  caddy: (snippet) => `{
  admin off
}
${snippet}
`,
}

const wordsOf: Readonly<Record<SnippetName, (file: string, dir: string) => string[]>> = {
  nginx: (file, dir) => ['-p', dir, '-c', file, '-e', 'stderr'],
  apache: (file) => ['-f', file, '-DFOREGROUND'],
  caddy: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
}
