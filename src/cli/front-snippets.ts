/** Configurations of web servers that stand in front of the hub, ready to be pasted. */
import { type Config } from '../config/schema.ts'

export const snippetNames = ['nginx', 'apache', 'caddy'] as const

export type SnippetName = (typeof snippetNames)[number]

type Needs = Pick<Config, 'public_url' | 'port'>

/** What is filled in: by which name and port people come, and where the hub is. */
type Facts = {
  readonly name: string
  /** Undefined: HTTPS, at its own port. */
  readonly plainPort: string | undefined
  readonly upstream: string
}

export function snippetOf(which: SnippetName, config: Needs): string {
  const url = URL.parse(config.public_url) ?? new URL('https://hub.example.org')
  const facts = {
    name: url.hostname,
    plainPort: url.protocol === 'http:' ? url.port || '80' : undefined,
    upstream: `127.0.0.1:${config.port === 80 || config.port === 443 ? 8000 : config.port}`,
  }
  const head = [
    `# ${which} in front of littlehub. In the configuration of the hub:`,
    `#   public_url: ${url.origin}`,
    '#   trusted_proxies: [127.0.0.1]',
    ...(config.port === 80 || config.port === 443
      ? ['# And it leaves that port to this one: sudo ./install.sh --port 8000']
      : []),
  ]
  return [...head, ...writers[which](facts)].join('\n')
}

const writers: Readonly<Record<SnippetName, (facts: Facts) => string[]>> = {
  nginx: ({ name, plainPort, upstream }) => [
    '# A file of /etc/nginx/conf.d; then: nginx -t && systemctl reload nginx',
    'map $http_upgrade $littlehub_connection { default upgrade; "" ""; }',
    'server {',
    ...(plainPort === undefined
      ? [
          '  listen 443 ssl;',
          '  listen [::]:443 ssl;',
          `  ssl_certificate /etc/letsencrypt/live/${name}/fullchain.pem;`,
          `  ssl_certificate_key /etc/letsencrypt/live/${name}/privkey.pem;`,
        ]
      : [`  listen ${plainPort};`, `  listen [::]:${plainPort};`]),
    `  server_name ${name};`,
    '  # Notebooks and uploads have no limit here; they are passed on as they come.',
    '  client_max_body_size 0;',
    '  proxy_request_buffering off;',
    '  proxy_buffering off;',
    '  location / {',
    `    proxy_pass http://${upstream};`,
    '    proxy_http_version 1.1;',
    '    proxy_set_header Upgrade $http_upgrade;',
    '    proxy_set_header Connection $littlehub_connection;',
    '    proxy_set_header Host $http_host;',
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    '    proxy_set_header X-Forwarded-Proto $scheme;',
    '    # Kernels may be silent for long.',
    '    proxy_read_timeout 1d;',
    '    proxy_send_timeout 1d;',
    '  }',
    '}',
    ...(plainPort === undefined
      ? [
          `server { listen 80; listen [::]:80; server_name ${name}; return 301 https://$host$request_uri; }`,
        ]
      : []),
  ],

  apache: ({ name, plainPort, upstream }) => [
    '# A file of /etc/apache2/sites-enabled; before: a2enmod proxy proxy_http headers ssl',
    '# then: apachectl configtest && systemctl reload apache2',
    ...(plainPort === undefined || plainPort === '80' || plainPort === '443'
      ? []
      : [`Listen ${plainPort}`]),
    `<VirtualHost *:${plainPort ?? '443'}>`,
    `  ServerName ${name}`,
    ...(plainPort === undefined
      ? [
          '  SSLEngine on',
          `  SSLCertificateFile /etc/letsencrypt/live/${name}/fullchain.pem`,
          `  SSLCertificateKeyFile /etc/letsencrypt/live/${name}/privkey.pem`,
        ]
      : []),
    '  ProxyPreserveHost On',
    '  ProxyTimeout 86400',
    '  AllowEncodedSlashes NoDecode',
    '  LimitRequestBody 0',
    `  RequestHeader set X-Forwarded-Proto "${plainPort === undefined ? 'https' : 'http'}"`,
    `  ProxyPass / http://${upstream}/ upgrade=websocket nocanon`,
    `  ProxyPassReverse / http://${upstream}/`,
    '</VirtualHost>',
    ...(plainPort === undefined
      ? [
          `<VirtualHost *:80>`,
          `  ServerName ${name}`,
          `  Redirect permanent / https://${name}/`,
          `</VirtualHost>`,
        ]
      : []),
  ],

  caddy: ({ name, plainPort, upstream }) => [
    '# In /etc/caddy/Caddyfile; then: systemctl reload caddy',
    `${plainPort === undefined ? name : `http://${name}:${plainPort}`} {`,
    `  reverse_proxy ${upstream} {`,
    '    # What servers write goes out at once.',
    '    flush_interval -1',
    '  }',
    '}',
  ],
}
