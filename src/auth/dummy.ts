/** Trial accounts: whoever comes is whoever they say. */
import { timingSafeEqual, createHash } from 'node:crypto'
import { flag, section, text } from '../config/schema.ts'
import { ConfigError } from '../lib/errors.ts'
import { defineAuthenticator } from './authenticator.ts'

/** Any name, with one common password or none; for trials and load tests only. */
export const dummy = defineAuthenticator({
  name: 'dummy',
  options: section(
    {
      password: text('', 'One password for everybody; empty: any will do.'),
      allow_network: flag(
        false,
        'Allow this on an address that others can reach: anyone there can be anyone.',
      ),
    },
    'Logging in as anybody, for trials and load tests.',
  ),
  create: (options, { log, loopback }) => {
    if (!loopback && !options.allow_network) throw refusedOnNetwork()
    const notice = noticeFor(options.password)
    log.warn({ auth: 'dummy', loopback, commonPassword: options.password !== '' }, notice)
    return {
      kind: 'password',
      notice,
      check: (name, password) => {
        const fits = options.password === '' || isEqual(password, options.password)
        return Promise.resolve(
          fits ? { identity: { issuer: 'dummy', subject: name, name } } : undefined,
        )
      },
    }
  },
})

function noticeFor(password: string): string {
  const who = password === '' ? 'Anyone' : 'Anyone with the common password'
  return `${who} can log in as anyone here, administrators included. For trials only.`
}

function refusedOnNetwork(): ConfigError {
  const sentence =
    'anyone who reaches this address could log in as anyone. Listen on 127.0.0.1, choose another type, or set auth.dummy.allow_network to true.'
  return new ConfigError([{ source: 'configuration', key: 'auth.dummy.allow_network', sentence }])
}

/** Digests have one length, so the comparison's time says nothing about the password. */
function isEqual(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
