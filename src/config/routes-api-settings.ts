/** The settings of the REST API of routes. */
import { Type } from 'typebox'
import { flag, restart, section, text } from './setting.ts'

export const routesApi = section(
  {
    enabled: restart(
      flag(
        false,
        'Answer the REST API of configurable-http-proxy, /api/routes, which shows all routes and adds others: programs that everybody may use, with WebSockets.',
      ),
    ),
    host: restart(text('127.0.0.1', 'Address that it listens on.')),
    port: restart(
      Type.Integer({
        minimum: 0,
        maximum: 65535,
        default: 8001,
        description: 'Port that it listens on, where nothing else is answered; 0: any free one.',
      }),
    ),
    token: restart(
      text(
        '',
        'What its clients send as `Authorization: token …`, at least 16 characters, such as `openssl rand -hex 32` prints.',
      ),
    ),
    open_to_network: restart(
      flag(
        false,
        'Its host may be an address that the network reaches, where the token travels unencrypted.',
      ),
    ),
  },
  'Routes by REST.',
)
