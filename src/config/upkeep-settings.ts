/** Settings of what the hub does by itself: stopping idle servers, backups, upgrades. */
import { Type } from 'typebox'
import { duration, flag, optionalPath, section } from './setting.ts'

export const cull = section(
  {
    enabled: flag(true, 'Stop servers that nobody uses.'),
    timeout: duration('1h', 'A server without traffic, kernel or report for this long is stopped.'),
    every: duration('1m', 'How often idle servers are looked for.'),
    max_age: duration('0s', 'A server running for this long is stopped, busy or not; 0s: never.'),
  },
  'Stopping idle servers.',
)

export const backup = section(
  {
    every: duration('1d', 'How often the hub makes one by itself; 0s: never.'),
    keep: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 7,
      description: 'How many of them stay; older ones are removed.',
    }),
    dir: optionalPath('Folder they go to, better on another disk; empty: `backups` in data_dir.'),
  },
  'Backups of the database, the keys and the configuration; `littlehub backup --homes` has the files of people.',
)

export const upgrade = section(
  {
    keep_connections: duration(
      '4h',
      'How long WebSockets that are open when the hub is upgraded may go on in the process of before; its memory is free when the last one has closed.',
    ),
  },
  'Upgrades.',
)
