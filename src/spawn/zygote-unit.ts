/** Runs a zygote in a unit of its own: to enter those of servers takes rights that the hub itself has given away. */
import { execa } from 'execa'
import { newId } from '../lib/secret.ts'
import { type ZygoteHost } from './zygote.ts'

export function createZygoteUnit(): ZygoteHost {
  const unit = `littlehub-zygote-${newId().slice(0, 12)}.service`
  const properties = [
    'Description=What servers of littlehub are forked from',
    // A child that has not left its group yet goes with it.
    'KillMode=control-group',
    'TasksMax=infinity',
  ]
  return {
    words(command, environment) {
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
      return [
        ...['systemd-run', '--quiet', '--pipe', '--collect', '--service-type=exec'],
        ...[`--unit=${unit}`, ...properties.map((property) => `--property=${property}`), '--'],
        // What systemd adds is not the same for two units. Each word would have its variables replaced.
        ...['env', '-i', ...variables, ...command].map((word) => word.replaceAll('$', '$$$$')),
      ]
    },
    end() {
      const words = ['kill', '--signal=KILL', '--', unit]
      void execa('systemctl', words, { stdin: 'ignore', reject: false })
    },
  }
}
