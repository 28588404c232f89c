/** The settings of HTTPS, under the names that TLJH has for them where it has any. */
import { Type } from 'typebox'
import { flag, list, optionalPath, restart, section, text } from './setting.ts'

export const https = section(
  {
    enabled: restart(
      flag(
        false,
        'Answer over HTTPS as well; once that has worked, `port` only leads there. Needs `https.tls`.',
      ),
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
        email: restart(
          Type.String({
            default: '',
            pattern: '^(?:[^@ ,]+@[^@ ,]+)?$',
            description: 'Where the certificate authority writes to.',
          }),
        ),
        domains: restart(list('Names that a certificate is to be obtained for.')),
        staging: restart(
          flag(false, "Use Let's Encrypt's environment for trials, which browsers do not trust."),
        ),
      },
      "Certificates from Let's Encrypt. Kept for later: this version does not obtain any, and plain HTTP goes on.",
    ),
    acme: section(
      {
        directory: restart(
          text(
            '',
            "Directory of another certificate authority that speaks ACME; empty: Let's Encrypt.",
          ),
        ),
      },
      'Certificates from elsewhere. Kept for later as well.',
    ),
  },
  'HTTPS.',
)
