/** The settings of logging in that every way of it has; each way has a section of its own besides. */
import { Type } from 'typebox'
import { duration, flag, list, restart, section, text } from './setting.ts'

export const auth = Type.Object(
  {
    type: restart(text('native', 'How people log in: native, dummy or github.')),
    enable_auth_state: restart(
      flag(
        false,
        'Keep, encrypted, what the login says of people beyond their name, such as their access token at GitHub.',
      ),
    ),
    manage_groups: restart(
      flag(
        false,
        'Logging in makes the groups of a user those that the login names: at GitHub organisations, and teams as org:team.',
      ),
    ),
    admin_groups: list(
      'With `manage_groups`: whoever is in one of these groups is an administrator, whoever is in none is not.',
    ),
  },
  { default: {}, description: 'Logging in. Each type has a section of its own name.' },
)

export const session = section(
  {
    idle_timeout: duration('7d', 'A browser unused for this long is logged out.'),
    max_age: duration('14d', 'A login ends after this long, however busy.'),
  },
  'Browser logins.',
)

export const tokens = section(
  {
    max_age: duration('0s', 'Longest life of an API token; 0s: as long as whoever makes it wants.'),
    oauth_max_age: duration('14d', 'Life of a token that a server or service got by OAuth.'),
  },
  'Tokens.',
)
