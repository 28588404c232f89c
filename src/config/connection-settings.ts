/** How much of the hub one client, one user and one server may hold at the same time. */
import { count, duration, section } from './setting.ts'

export const connections = section(
  {
    limit: count(
      0,
      'Connections open at the same time; 0: not quite half as many as files may be open, since each leads to another one.',
    ),
    per_address: count(
      2000,
      'Of them from one address, which a whole class may share; 0: no limit. This machine and `trusted_proxies` have none.',
    ),
    per_user: count(
      500,
      'Requests and WebSockets of one user to servers, under way at the same time; 0: no limit.',
    ),
    stalled_body_timeout: duration(
      '2m',
      'A request whose body stops coming for so long is given up; 0s: never.',
    ),
    silent_server_timeout: duration(
      '0s',
      'A server that is silent for so long, while somebody waits for its answer, is given up; 0s: never.',
    ),
  },
  'How much one client may hold at the same time.',
)
