/** Where the files that belong to this program lie. */
import path from 'node:path'

/** In the executable the whole program is one file in the place of this one, so the way up is the same. */
const programDir = path.resolve(import.meta.dirname, '../..')

/** @param name below the checkout, such as `views/static` */
export const programFile = (name: string): string => path.join(programDir, name)
