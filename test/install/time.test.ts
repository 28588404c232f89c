/** How long an installation takes, as a share of what the packages alone take: seconds are those of this machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { buildBinary } from '../support/binary.ts'
import { freePort } from '../support/free-port.ts'
import { archive, installer } from '../support/installation.ts'
import { machineOnly, startMachine } from '../support/machine.ts'

/** Runs a program to its end. @returns what it said, and after how many seconds each of its steps was finished. */
async function timed(words: readonly string[]) {
  const beganMs = performance.now()
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const finishedS: number[] = []
  const hear = (chunk: Buffer): void => {
    said += chunk.toString()
    const steps = said.match(/^\[\d\/\d\].*\(\d+ s\)$/gm)?.length ?? 0
    while (finishedS.length < steps) finishedS.push((performance.now() - beganMs) / 1000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, said, finishedS, totalS: (performance.now() - beganMs) / 1000 }
}

/** What `scripts/test` has fetched already. */
const workshop = path.resolve(import.meta.dirname, '../../.littlehub')
const folders = { '/srv/uv': `${workshop}/uv`, '/srv/cache': `${workshop}/cache/uv` }
const isCached = Object.values(folders).every((folder) => existsSync(folder))

/** For a machine whose processors have other work meanwhile. */
const most = 0.5

t.test(
  'with the packages at hand, an installation takes hardly longer than they do',
  isCached ? machineOnly : { skip: 'the packages were not fetched before' },
  async (t) => {
    const all = { ...folders, '/srv/dist': buildBinary() }
    const machine = await startMachine(t, { folders: all, network: 'host' })
    await machine.sh('mkdir -p /opt/littlehub/cache && cp -a /srv/cache /opt/littlehub/cache/uv')
    const command = `PATH=/srv/uv/bin:$PATH ${installer} --offline ${archive} --port ${await freePort()}`
    const { exitCode, said, finishedS, totalS } = await timed(machine.words(['sh', '-c', command]))
    t.equal(exitCode, 0, said)
    t.equal(finishedS.length, 6, said)
    const [programS = 0, environmentS = 0] = finishedS
    const packagesS = environmentS - programS
    const share = (totalS - packagesS) / totalS
    t.comment(
      `in all ${totalS.toFixed(1)} s, ${packagesS.toFixed(1)} s of it packages; ` +
        `the rest is ${Math.round(share * 100)} % (steps: ${finishedS.map((each) => each.toFixed(1)).join(', ')} s)`,
    )
    t.ok(share < most, `${share}`)
  },
)
