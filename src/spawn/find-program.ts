/** Finds a program as a shell does, in the search path that it will have itself. */
import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'

/** @returns its absolute path; undefined when there is none. */
export function findProgram(name: string, searchPath: string): string | undefined {
  const folders = name.includes('/') ? [''] : searchPath.split(':')
  return folders
    .map((folder) => (name.includes('/') ? name : path.join(folder, name)))
    .find((file) => path.isAbsolute(file) && isProgram(file))
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
