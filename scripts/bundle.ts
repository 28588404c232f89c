/** The program as one module, as it is in the executable. */
import { buildSync } from 'esbuild'

/** They load a compiled part that lies beside them, so they stay packages. */
export const nativePackages = ['better-sqlite3', 'bcrypt', 'node-gyp-build']

export const common = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
} as const

export function bundle(entry: string, outfile: string): void {
  buildSync({
    ...{ ...common, outfile },
    entryPoints: [entry],
    format: 'esm',
    external: nativePackages,
    minifySyntax: true,
    minifyWhitespace: true,
    // Packages of the older kind of modules ask for Node's own by a function that this kind lacks.
    banner: {
      js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);",
    },
  })
}
