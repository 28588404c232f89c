/** What pages are made of: the frame around all of them, and the pieces that several show. */

/** What every page knows. */
export type Frame = {
  /** `/hub/` with the base URL. */
  readonly hubPath: string
  readonly user: { readonly name: string; readonly admin: boolean } | undefined
  /** Parts of the administration that this person may open. */
  readonly sections: readonly { readonly name: string; readonly path: string }[]
  /** The CSRF token of this browser, for every form. */
  readonly xsrf: string
  /** What the administrators want everybody to read here; undefined: nothing. */
  readonly announcement: string | undefined
  /** The image in the corner. */
  readonly logoPath: string
  /** Services that this person may open, for the menu. */
  readonly services: readonly { readonly name: string; readonly url: string }[]
  /** A loud line on every page, such as the dummy authenticator's warning; undefined: none. */
  readonly notice: string | undefined
  readonly requestId: string
  /** Changes with the static files, so that browsers may keep them for ever. */
  readonly assetVersion: string
}

/** A point in time: `3 minutes ago`, with `25 November 2026, 16:04 UTC` for whoever asks, and ISO 8601 for programs. */
export type Moment = { readonly relative: string; readonly absolute: string; readonly iso: string }

/** Something to correct, shown beside its field; `form`: above the form. */
export type FormProblem = {
  readonly field: 'name' | 'password' | 'oldPassword' | 'form'
  readonly message: string
}

export type ServerCard = {
  /** `''`: the default server. */
  readonly name: string
  /** What people call it; `''`: the default server, that nobody gave another name. */
  readonly title: string
  readonly owner: string
  readonly state: 'stopped' | 'starting' | 'ready' | 'stopping' | 'failed'
  readonly url: string
  readonly startPath: string
  readonly stopPath: string
  readonly pendingPath: string
  readonly lastActivity: Moment | undefined
  readonly started: Moment | undefined
  /** Why it is not running, or what happened to it while it runs, when that needs saying. */
  readonly reason: string | undefined
  /** What it runs with, or ran with the last time; undefined: nothing was chosen. */
  readonly profile: string | undefined
  /** Where something else is chosen; undefined: there is nothing to choose. */
  readonly choosePath: string | undefined
}

/** A server on its owner's home page. */
export type OwnServer = ServerCard & {
  /** Undefined: it has no name to be changed. */
  readonly renamePath: string | undefined
  /** Undefined: it cannot be deleted. */
  readonly deletePath: string | undefined
  /** Undefined: its owner may not share it. */
  readonly sharePath: string | undefined
}

/** A server of somebody else that this person may use. */
export type SharedWithYou = {
  readonly name: string
  readonly owner: string
  readonly ready: boolean
  readonly url: string
  /** Undefined: only its owner may start it. */
  readonly startPath: string | undefined
  /** Through which groups, when not directly. */
  readonly groups: string
  /** Undefined: it comes by a group, and cannot be given back. */
  readonly leavePath: string | undefined
}

/** One of the ways to start a server. */
export type ProfileCard = {
  readonly slug: string
  readonly name: string
  readonly description: string
  /** `2 GB of memory, 1 core`; empty: no limits. */
  readonly facts: string
  readonly selected: boolean
  readonly options: readonly {
    /** The name and id of its field; no slug has a dot, no id of the page another one. */
    readonly field: string
    readonly label: string
    readonly choices: readonly Option[]
    readonly problem: string | undefined
  }[]
}

/** Whose server a page is about; `own`: of whoever looks. */
export type Whose = { readonly owner: string; readonly own: boolean }

/** What to start a server with. */
export type SpawnForm = Whose & {
  readonly name: string
  readonly startPath: string
  readonly next: string
  /** A link of another site led here. */
  readonly fromElsewhere: boolean
  readonly problem: string | undefined
  readonly profiles: readonly ProfileCard[]
}

/** A choice of a list. */
export type Option = { readonly value: string; readonly label: string; readonly selected: boolean }

export type AdminRow = {
  readonly id: number
  readonly name: string
  readonly admin: boolean
  readonly disabled: boolean
  /** The configuration says that they may not use the hub. */
  readonly keptOut: boolean
  readonly self: boolean
  /** `not invited yet`, `invited`, or undefined. */
  readonly status: string | undefined
  readonly hasPassword: boolean
  readonly lastActivity: Moment | undefined
  readonly server: ServerCard
  /** `214 MB` while it runs. */
  readonly memory: string | undefined
  /** Where its limits are changed while it runs; undefined: it has none that could be. */
  readonly limitsPath: string | undefined
}

/** One that runs, whoever's it is. */
export type RunningServer = Pick<AdminRow, 'server' | 'memory' | 'limitsPath'> & {
  readonly label: string
}

/** The limits of a server, each as it is written; empty: none. */
export type LimitsForm = {
  readonly title: string
  readonly action: string
  readonly memory: string
  readonly cpu: string
  readonly tasks: string
  readonly next: Readonly<Record<'memory' | 'cpu' | 'tasks', string>> | undefined
  /** Whether there is anything to change. */
  readonly can: boolean
  readonly problem: string | undefined
}

/** Somebody who has to wait before logging in again. */
export type LoginDelay = {
  /** Whom it is about. */
  readonly key: string
  readonly failures: number
  readonly until: Moment
}

/** What a person is asked before an OAuth client gets a token. */
export type Consent = {
  readonly description: string
  readonly owner: string
  /** What it may do, in words, and as the form sends it back. */
  readonly scopes: readonly { readonly name: string; readonly meaning: string }[]
  readonly action: string
}

/** Where a page of a list stands in it. */
export type Paged = {
  readonly total: number
  /** `1–50 of 213`. */
  readonly range: string
  readonly previousPath: string | undefined
  readonly nextPath: string | undefined
}
