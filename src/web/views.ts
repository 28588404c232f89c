/** The views: what data each page needs, and how it is rendered. */

/** What every page knows. */
export type Frame = {
  /** `/hub/`, escaped path with the base URL. */
  readonly hubPath: string
  readonly user:
    { readonly name: string; readonly admin: boolean; readonly home: string } | undefined
  /** The CSRF token of this browser, for every form. */
  readonly xsrf: string
  /** A loud line on every page, such as the dummy authenticator's warning; undefined: none. */
  readonly notice: string | undefined
  readonly requestId: string
}

export type ServerCard = {
  /** `''`: the default server. */
  readonly name: string
  readonly state: 'stopped' | 'starting' | 'ready' | 'stopping' | 'failed'
  readonly url: string
  readonly startPath: string
  readonly stopPath: string
  readonly pendingPath: string
  /** `3 minutes ago`, `never`. */
  readonly lastActivity: string
  readonly startedAgo: string | undefined
  /** Why it is not running, when that needs saying. */
  readonly reason: string | undefined
}

export type AdminRow = {
  readonly id: number
  readonly name: string
  readonly admin: boolean
  readonly disabled: boolean
  readonly self: boolean
  /** `no password yet`, `invited until …`, or undefined. */
  readonly status: string | undefined
  readonly lastActivity: string
  readonly server: ServerCard
  /** `214 MB` while it runs. */
  readonly memory: string | undefined
}

export interface ViewData {
  login: {
    readonly kind: 'password' | 'redirect'
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
    readonly action: string
    readonly name: string
    readonly minLength: number
    readonly problem: string | undefined
  }
  home: { readonly server: ServerCard }
  account: {
    readonly hasPassword: boolean
    readonly minLength: number
    readonly problem: string | undefined
    readonly done: string | undefined
    readonly sessions: readonly {
      readonly current: boolean
      readonly browser: string
      readonly address: string
      readonly seen: string
    }[]
  }
  /** Live progress by server-sent events; without JavaScript it refreshes itself. */
  'spawn-pending': {
    readonly serverName: string
    readonly owner: string
    readonly progressPath: string
    readonly stopPath: string
    /** Where to go when it is ready. */
    readonly nextPath: string
    readonly progress: number
    readonly messages: readonly string[]
  }
  'stop-pending': { readonly owner: string; readonly refreshPath: string }
  'not-running': {
    readonly owner: string
    readonly own: boolean
    readonly startPath: string
    readonly next: string
    readonly reason: string | undefined
  }
  'server-failed': {
    readonly owner: string
    readonly own: boolean
    readonly message: string
    readonly hint: string | undefined
    readonly exitCode: number | undefined
    readonly logTail: readonly string[]
    readonly startPath: string
    readonly next: string
  }
  admin: {
    readonly search: string
    readonly total: number
    readonly rows: readonly AdminRow[]
    readonly previousPath: string | undefined
    readonly nextPath: string | undefined
    readonly running: number
    readonly memory: string
    readonly delays: readonly {
      readonly key: string
      readonly failures: number
      readonly until: string
    }[]
    readonly native: boolean
    readonly problem: string | undefined
    readonly done: string | undefined
  }
  /** What adding users or asking for a reset gave: links, shown once. */
  'admin-links': {
    readonly title: string
    readonly results: readonly {
      readonly name: string
      readonly link: string | undefined
      readonly problem: string | undefined
    }[]
    readonly validFor: string
  }
  /** A second look before something that cannot be undone. */
  confirm: {
    readonly title: string
    readonly sentence: string
    readonly action: string
    readonly label: string
    readonly cancelPath: string
  }
  authorize: {
    readonly description: string
    readonly owner: string
    readonly scopes: readonly string[]
    readonly action: string
  }
  error: {
    readonly status: number
    readonly title: string
    readonly message: string
  }
}

export type ViewName = keyof ViewData

export interface Views {
  /** A whole HTML page. A view that reads something it was not given throws. */
  render<Name extends ViewName>(name: Name, frame: Frame, data: ViewData[Name]): string
}
