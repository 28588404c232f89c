/** What administrators want people to read on a page: its own line, or that of all pages. */
import { type Config } from '../config/schema.ts'
import { type ViewName } from './views.ts'

type Place = Exclude<keyof Config['announcement'], 'text'>

/** Pages that can have a line of their own, as JupyterHub's templates have. */
const places: Partial<Record<ViewName, Place>> = {
  login: 'login',
  home: 'home',
  logout: 'logout',
  spawn: 'spawn',
  'spawn-form': 'spawn',
  'spawn-pending': 'spawn',
  'not-running': 'spawn',
  'server-failed': 'spawn',
}

/** @returns undefined when there is nothing to say. */
export function announcementOn(
  view: ViewName,
  announcement: Config['announcement'],
): string | undefined {
  const place = places[view]
  const own = place === undefined ? '' : announcement[place]
  const text = (own === '' ? announcement.text : own).trim()
  return text === '' ? undefined : text
}
