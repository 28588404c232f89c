/** Installing from a release archive on a machine of its own. */
import { type Test } from 'tap'
import { version } from '../../src/lib/version.ts'
import { buildBinary } from './binary.ts'
import { inMachine, startMachine, type Machine } from './machine.ts'

/** The archive, where a machine of `bootWithRelease` finds it. */
export const archive = `/srv/dist/littlehub-${version}-linux-${process.arch}.tar.gz`

export const installer = `bash ${inMachine.checkout}/install.sh`

/** Everything at hand, so that nothing is downloaded. */
export const install = `${installer} --offline ${archive} --user-env existing ${inMachine.environment}`

/** The patience for an installation on a busy machine. */
export const slowly = { timeoutMs: 150_000 }

/** With the release at hand, and no network but its own. */
export const bootWithRelease = (t: Test): Promise<Machine> =>
  startMachine(t, { folders: { '/srv/dist': buildBinary() } })

/** The status of the hub's health page, as soon as it answers. */
export const health =
  'curl -s -o /dev/null -w "%{http_code}" --max-time 30 http://127.0.0.1/hub/health'

/** Which version runs: `versions/0.1.0-…`. */
export const current = 'readlink /opt/littlehub/current'

/** Makes another release archive from the one at hand. */
export const release = (name: string, change: string): string =>
  `rm -rf /root/unpacked && mkdir /root/unpacked && cd /root/unpacked && tar -xzf ${archive}
  cd littlehub-*; ${change}; cd ..; tar -czf /root/${name}.tar.gz littlehub-*; rm -rf /root/unpacked`

/** Servers of people send back what they get. */
export const echoServers = `littlehub config set spawner.cmd '["${inMachine.node}", "${inMachine.checkout}/test/support/echo-program.ts"]'`
