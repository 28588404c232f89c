/** The views: what data each page needs, and how it is rendered. */
import { Eta } from 'eta'

/** What every page knows. */
export type Frame = {
  /** `/hub/` with the base URL. */
  readonly hubPath: string
  readonly user: { readonly name: string; readonly admin: boolean } | undefined
  /** The CSRF token of this browser, for every form. */
  readonly xsrf: string
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
  readonly owner: string
  readonly state: 'stopped' | 'starting' | 'ready' | 'stopping' | 'failed'
  readonly url: string
  readonly startPath: string
  readonly stopPath: string
  readonly pendingPath: string
  readonly lastActivity: Moment | undefined
  readonly started: Moment | undefined
  /** Why it is not running, when that needs saying. */
  readonly reason: string | undefined
}

export type AdminRow = {
  readonly id: number
  readonly name: string
  readonly admin: boolean
  readonly disabled: boolean
  readonly self: boolean
  /** `not invited yet`, `invited`, or undefined. */
  readonly status: string | undefined
  readonly hasPassword: boolean
  readonly lastActivity: Moment | undefined
  readonly server: ServerCard
  /** `214 MB` while it runs. */
  readonly memory: string | undefined
}

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
    readonly servers: readonly ServerCard[]
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
  /** Asks before a link from elsewhere starts a server. */
  spawn: {
    readonly owner: string
    readonly own: boolean
    readonly startPath: string
    readonly next: string
  }
  /** Live progress by server-sent events; without JavaScript it refreshes itself. */
  'spawn-pending': {
    readonly owner: string
    readonly own: boolean
    readonly progressPath: string
    readonly stopPath: string
    /** Where to go when it is ready. */
    readonly readyPath: string
  }
  'stop-pending': { readonly owner: string; readonly own: boolean }
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
    readonly rows: readonly AdminRow[]
    /** `1–50 of 213`. */
    readonly range: string
    readonly total: number
    readonly previousPath: string | undefined
    readonly nextPath: string | undefined
    readonly running: readonly {
      readonly server: ServerCard
      readonly label: string
      readonly memory: string | undefined
    }[]
    /** Of all running servers, when known. */
    readonly memory: string | undefined
    readonly delays: readonly {
      readonly key: string
      readonly failures: number
      readonly until: Moment
    }[]
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
    /** What it may do, in words. */
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

/** @param dir holds `<view>.eta`, `layout.eta` and `partials/`. */
export function createViews(dir: string): Views {
  const eta = new Eta({ views: dir, cache: true, escapeFunction: escape })

  /** What `it` is: the data, the frame, and partials as markup that needs no unescaped tag. */
  const given = (name: string, data: object, frame: Frame): object =>
    strict(
      {
        ...data,
        frame,
        part: (partial: string, more: object = {}) =>
          asMarkup(eta.render(`partials/${partial}`, given(partial, more, frame)).trim()),
      },
      name,
    )

  return { render: (name, frame, data) => eta.render(name, given(name, data, frame)) }
}

/** HTML that a partial has made: the only thing that is not escaped again. */
const markup = new WeakMap<object, string>()

function asMarkup(html: string): object {
  const marked = {}
  markup.set(marked, html)
  return marked
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand between tags and in quoted attributes. @throws {Error} for what was not given. */
function escape(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    const html = markup.get(value)
    if (html !== undefined) return html
  }
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Error(`a view prints something that is no text: ${typeof value}`)
  return String(value).replace(/[&<>"']/g, (char) => entities[char] ?? '')
}

/** The same data, but reading a field that is not there throws instead of printing "undefined". */
function strict<Data extends object>(data: Data, where: string): Data {
  return new Proxy(data, {
    get(target, key): unknown {
      if (typeof key === 'string' && !(key in target))
        throw new Error(`view ${where} reads '${key}', which it was not given`)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'object' && value !== null && !markup.has(value)
        ? strict(value, `${where}.${String(key)}`)
        : value
    },
  })
}
