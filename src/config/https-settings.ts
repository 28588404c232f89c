/** The settings of HTTPS, under the names that TLJH has for them where it has any. */
import { Type } from 'typebox'
import { flag, list, optionalPath, restart, section, text } from './setting.ts'

export const https = section(
  {
    enabled: flag(
      false,
      'Answer over HTTPS as well; once that has worked, `port` only leads there. Needs `https.letsencrypt.domains` or `https.tls`.',
    ),
    port: restart(
      Type.Integer({
        minimum: 0,
        maximum: 65535,
        default: 443,
        description: 'Port of HTTPS; 0: any free one.',
      }),
    ),
    tls: section(
      {
        cert: optionalPath(
          'Certificate (PEM), with those that lead to a root behind it, such as fullchain.pem; a new one is taken without a restart.',
        ),
        key: optionalPath('Its private key (PEM), which nobody else may read.'),
      },
      'A certificate of your own.',
    ),
    letsencrypt: section(
      {
        email: Type.String({
          default: '',
          pattern: '^(?:[^@ ,]+@[^@ ,]+)?$',
          description: 'Where the certificate authority may write to; empty: nowhere.',
        }),
        domains: list(
          'Names that the hub gets a certificate for, and renews it. They have to lead to this machine.',
        ),
        staging: flag(
          false,
          "Use Let's Encrypt's environment for trials, which browsers do not trust; plain HTTP goes on meanwhile.",
        ),
      },
      "Certificates from Let's Encrypt: who names domains here agrees to its terms.",
    ),
    acme: section(
      {
        directory: text(
          '',
          "Directory of another certificate authority that speaks ACME; empty: Let's Encrypt.",
        ),
        trial: text(
          '',
          "Directory where a first order is tried before it counts; empty: Let's Encrypt's for trials before Let's Encrypt, none before others.",
        ),
        ca: optionalPath(
          'Certificate (PEM) that vouches for the directory, where this machine does not trust it by itself.',
        ),
      },
      'Certificates from elsewhere, such as the authority of an institution.',
    ),
  },
  'HTTPS.',
)
