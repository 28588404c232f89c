/** The contract of an authenticator: who is this person? */
import { type Static, type TSchema } from 'typebox'
import { ConfigError } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'

/** What an authenticator asserts. Policy, names and rights are the core's. */
export type Identity = {
  /** Who says so: `native`, `dummy`, `https://github.com`. */
  readonly issuer: string
  /** The stable id at the issuer; never an e-mail or a name that can change hands. */
  readonly subject: string
  /** A proposed user name, raw: the core normalises it. */
  readonly name: string
  /** Absent: leave as it is. */
  readonly admin?: boolean
  /** Names of all the groups they are in, as JupyterHub's `manage_groups` has them. Absent: unknown, leave them. */
  readonly groups?: readonly string[]
  /** JSON worth keeping for later, such as an access token; kept encrypted, and only when that is switched on. */
  readonly authState?: Readonly<Record<string, unknown>>
}

/** What a password authenticator may know about an account; it never sees the store. */
export type NativeAccount = { readonly userId: number; readonly passwordHash: string | undefined }

export type PasswordAuthenticator = {
  readonly kind: 'password'
  /** A short line for the login page (such as a loud warning), or undefined. */
  readonly notice?: string
  /**
   * @param name normalised
   * @param account the stored account of that name, when there is one
   * @returns the identity, or undefined when name and password do not fit; takes as long for unknown names.
   * `newPasswordHash` asks the core to store a stronger hash.
   */
  check(
    name: string,
    password: string,
    account: NativeAccount | undefined,
  ): Promise<{ identity: Identity; newPasswordHash?: string } | undefined>
}

export type RedirectAuthenticator = {
  readonly kind: 'redirect'
  /** The text of the login button: `GitHub`. */
  readonly label: string
  /** @returns the provider's URL, and what must be remembered for the callback (state, PKCE verifier), bound to the browser. */
  begin(
    callbackUrl: string,
  ): Promise<{ redirectTo: string; flow: Readonly<Record<string, string>> }>
  /**
   * @param query of the callback request
   * @param flow what `begin` returned for this browser
   * @throws {HubError} Forbidden or Upstream with a sentence for the person: refused, not a member, provider unreachable.
   */
  finish(
    callbackUrl: string,
    query: URLSearchParams,
    flow: Readonly<Record<string, string>>,
  ): Promise<Identity>
}

export type Authenticator = PasswordAuthenticator | RedirectAuthenticator

export type AuthenticatorNeeds = {
  readonly log: Log
  /** The hub listens on loopback only. */
  readonly loopback: boolean
  /** Groups are wanted in identities: `auth.manage_groups`. */
  readonly manageGroups: boolean
  readonly passwords: {
    hash(password: string): Promise<string>
    verify(password: string, hash: string): Promise<boolean>
    needsRehash(hash: string): boolean
    /** Takes as long as `verify` and says no: for names without a password. */
    verifyDummy(password: string): Promise<false>
  }
}

/** An authenticator plug-in. `create` gets options that the configuration loader has checked against `options` and decoded. */
export type AuthenticatorPlugin = {
  readonly name: string
  readonly options: TSchema
  /** Its identities name all groups of a person when they are wanted. */
  readonly namesGroups?: boolean
  /** @throws {ConfigError} when the options cannot work together. */
  create(options: unknown, needs: AuthenticatorNeeds): Authenticator
}

/** An authenticator as a value: its name, the schema of its section of the configuration, and how to make one. */
export function defineAuthenticator<Options extends TSchema>(plugin: {
  readonly name: string
  readonly options: Options
  readonly namesGroups?: boolean
  create(options: Static<Options>, needs: AuthenticatorNeeds): Authenticator
}): AuthenticatorPlugin {
  return {
    ...plugin,
    create(options, needs) {
      if (needs.manageGroups && plugin.namesGroups !== true) throw namesNoGroups(plugin.name)
      return plugin.create(options as Static<Options>, needs)
    },
  }
}

const namesNoGroups = (name: string): ConfigError =>
  new ConfigError([
    {
      source: 'configuration',
      key: 'auth.manage_groups',
      sentence: `cannot be true: logins of type ${name} name no groups.`,
    },
  ])
