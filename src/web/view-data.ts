/** What each page is given to show. */
import { type ServerCounts } from '../store/servers.ts'
import {
  type Moment,
  type FormProblem,
  type LimitsForm,
  type LoginDelay,
  type RunningServer,
  type OwnServer,
  type SharedWithYou,
  type Option,
  type SpawnForm,
  type Whose,
  type AdminRow,
  type Consent,
  type Paged,
} from './view-parts.ts'

export interface ViewData {
  login: {
    readonly kind: 'password' | 'redirect'
    /** The provider's name on the button. */
    readonly label: string
    /** Form action, or the button's address, with `next` kept. */
    readonly action: string
    readonly name: string
    readonly problem: string | undefined
    /** Shown while there is no owner: tells where to find the claim link. */
    readonly unclaimed: boolean
  }
  /** Claiming the hub, or setting a password from an invitation or a reset. */
  'set-password': {
    readonly purpose: 'claim' | 'invite' | 'reset'
    readonly title: string
    readonly action: string
    readonly name: string
    readonly minLength: number
    readonly problem: FormProblem | undefined
  }
  /** Asks before a link from elsewhere logs out. */
  logout: Readonly<Record<string, never>>
  home: {
    readonly servers: readonly OwnServer[]
    /** Where more servers are added; undefined: there are no named servers here. */
    readonly more:
      | {
          readonly action: string
          readonly name: string
          /** `2 of 3`. */
          readonly count: string
          readonly isFull: boolean
        }
      | undefined
    readonly shared: readonly SharedWithYou[]
    readonly problem: string | undefined
    readonly done: string | undefined
    /** Something is starting or stopping: the page looks again by itself. */
    readonly changing: boolean
    /** An owner who is still alone gets a word on how to invite people. */
    readonly alone: boolean
  }
  account: {
    readonly hasPassword: boolean
    readonly minLength: number
    readonly problem: FormProblem | undefined
    readonly done: string | undefined
    readonly sessions: readonly {
      readonly current: boolean
      readonly browser: string
      readonly address: string
      readonly seen: Moment
    }[]
  }
  tokens: {
    readonly note: string
    readonly scopes: string
    readonly expiries: readonly Option[]
    readonly tokens: readonly {
      readonly id: number
      readonly note: string
      readonly scopes: string
      readonly created: Moment
      readonly used: Moment | undefined
      readonly expires: Moment | undefined
      /** It is a running server's own. */
      readonly isServers: boolean
    }[]
    /** Programs that got tokens when somebody let them, each once. */
    readonly apps: readonly {
      readonly clientId: string
      readonly name: string
      /** What it may do, in words. */
      readonly scopes: readonly string[]
      readonly created: Moment
      readonly used: Moment | undefined
      readonly count: number
    }[]
    readonly problem: string | undefined
    readonly done: string | undefined
  }
  /** A new secret, shown once. */
  'token-made': {
    readonly note: string
    readonly secret: string
    readonly expires: Moment | undefined
    readonly apiUrl: string
  }
  /** Asks before a link from elsewhere starts a server. */
  spawn: Whose & {
    readonly startPath: string
    readonly next: string
  }
  'spawn-form': SpawnForm
  /** Live progress by server-sent events; without JavaScript it refreshes itself. */
  'spawn-pending': Whose & {
    readonly progressPath: string
    readonly stopPath: string
    /** Where to go when it is ready. */
    readonly readyPath: string
    /** Where in the queue of starts it is, in words. */
    readonly place: string | undefined
  }
  'stop-pending': Whose
  'not-running': Whose & {
    readonly startPath: string
    readonly next: string
    readonly reason: string | undefined
    readonly choosePath: string | undefined
    /** It starts by itself after this many seconds, there; undefined: it does not. */
    readonly implicit: { readonly seconds: number; readonly path: string } | undefined
  }
  'server-failed': Whose & {
    readonly message: string
    readonly hint: string | undefined
    readonly exitCode: number | undefined
    readonly logTail: readonly string[]
    readonly choosePath: string | undefined
    readonly startPath: string
    readonly next: string
  }
  admin: Paged & {
    readonly search: string
    readonly rows: readonly AdminRow[]
    /** What whoever looks may do. */
    readonly may: { readonly list: boolean; readonly manage: boolean; readonly servers: boolean }
    readonly running: readonly RunningServer[]
    /** Listed or not. */
    readonly runningTotal: number
    /** Of all running servers, when known and all are listed. */
    readonly memory: string | undefined
    /** How starts went, when there are warm ones. */
    readonly starts: string | undefined
    readonly delays: readonly LoginDelay[]
    /** People have passwords of this hub, so there are invitations and resets. */
    readonly native: boolean
    readonly names: string
    readonly problem: string | undefined
    readonly done: string | undefined
    /** Of the list as it is shown, for actions to return to. */
    readonly here: string
  }
  /** What adding users or asking for a reset gave: links, shown once. */
  'admin-links': {
    readonly title: string
    readonly results: readonly {
      readonly name: string
      readonly link: string | undefined
      readonly problem: string | undefined
    }[]
    readonly links: number
    readonly validFor: string
    /** All of them, a line each, to be copied at once. */
    readonly all: string
  }
  'admin-groups': Paged & {
    readonly groups: readonly {
      readonly name: string
      readonly path: string
      readonly members: number
      readonly properties: number
    }[]
    readonly mayAdd: boolean
    readonly name: string
    readonly problem: string | undefined
    readonly done: string | undefined
  }
  'admin-group': Paged & {
    readonly name: string
    readonly path: string
    /** Those of one page. */
    readonly members: readonly string[]
    readonly roles: readonly string[]
    readonly mayChange: boolean
    readonly mayDelete: boolean
    readonly mayStart: boolean
    readonly mayStop: boolean
    readonly servers: ServerCounts
    readonly names: string
    /** As JSON, or as it was sent when it is none. */
    readonly properties: string
    readonly problem:
      { readonly field: 'names' | 'properties' | 'form'; readonly message: string } | undefined
    readonly done: string | undefined
  }
  'admin-services': {
    readonly services: readonly {
      readonly name: string
      readonly path: string
      readonly url: string | undefined
      /** It does not answer there. */
      readonly isSilent: boolean
      readonly admin: boolean
      readonly display: boolean
      /** Anybody gets through the front door. */
      readonly isPublic: boolean
      readonly command: string | undefined
      readonly fromConfig: boolean
      readonly roles: readonly string[]
    }[]
  }
  'server-limits': LimitsForm
  'rename-server': {
    readonly name: string
    readonly action: string
    readonly displayName: string
    readonly problem: string | undefined
  }
  /** With whom a server is shared, and links that share it. */
  share: {
    readonly owner: string
    readonly own: boolean
    readonly name: string
    readonly action: string
    readonly shares: readonly {
      readonly kind: 'user' | 'group'
      readonly name: string
      /** In words, when it is more than opening it. */
      readonly scopes: readonly string[]
      readonly created: Moment
    }[]
    readonly codes: readonly {
      readonly id: number
      readonly created: Moment
      readonly expires: Moment
      readonly used: number
    }[]
    readonly validities: readonly Option[]
    readonly with: string
    readonly withGroup: string
    readonly problem: string | undefined
    readonly done: string | undefined
  }
  /** A new link that shares a server, shown once. */
  'share-link': {
    readonly title: string
    readonly link: string
    readonly expires: Moment
    readonly backPath: string
  }
  'accept-share': {
    readonly owner: string
    readonly name: string
    readonly scopes: readonly string[]
    readonly action: string
    readonly code: string
    readonly next: string
  }
  /** A second look before something that cannot be undone. */
  confirm: {
    readonly title: string
    readonly sentence: string
    readonly action: string
    readonly label: string
    readonly cancelPath: string
  }
  authorize: Consent
  error: {
    readonly status: number
    readonly title: string
    readonly message: string
  }
}
