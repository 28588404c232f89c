/** The program as one module, as it is in the executable. */
import { buildSync } from 'esbuild'

/** They load a compiled part that lies beside them, so they stay packages. */
export const nativePackages = ['better-sqlite3', 'bcrypt', 'node-gyp-build']

/**
 * The program is run with. Where there is much memory V8 lets new objects fill 64 MB before it looks which of them are
 * needed, and by then they are spread over as much of the process; requests are as fast with 8.
 *
 * What often lasts long where it is made, V8 makes among the old objects from the start. By chance it takes parts of
 * exchanges for such, in every third hub or so: one old part keeps all that it leads to, so that 2.5 KiB of each request
 * stay until the next big collection, and a request takes 7 µs more of 35.
 */
export const nodeFlags = ['--max-semi-space-size=8', '--no-allocation-site-pretenuring']

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
