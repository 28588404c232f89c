/** Builds dist/littlehub, the whole program as one executable, and an archive of it: `node scripts/build-binary.ts --help`. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { bundlePath } from '../src/binary.ts'
import { version } from '../src/lib/version.ts'
import { bundle, common, nativePackages, nodeFlags } from './bundle.ts'

const help = `Usage: npm run build:binary -- [--arch x64|arm64] [--archive]

Makes dist/littlehub, one executable for this machine's kind of processor: Node, the program, its native modules,
views and migrations. It needs nothing else but glibc, libstdc++ and libgcc.

  --arch      another processor; its Node is fetched from the npm registry. The result is dist/littlehub-ARCH
  --archive   also dist/littlehub-VERSION-linux-ARCH.tar.gz with the installer, and its line in dist/SHA256SUMS
`

/** The mark that Node looks for. @see https://nodejs.org/api/single-executable-applications.html */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: process.arch },
    archive: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
process.chdir(path.join(import.meta.dirname, '..'))
if (values.help) process.stdout.write(help)
else main(values.arch)

function main(arch: string): void {
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`--arch is x64 or arm64, not ${arch}`)
  const work = mkdtempSync(path.join(tmpdir(), 'littlehub-build-'))
  try {
    bundle('src/main.ts', path.join(work, bundlePath))
    // What runs before it.
    buildSync({
      ...common,
      entryPoints: ['src/binary.ts'],
      format: 'cjs',
      outfile: path.join(work, 'binary.cjs'),
    })
    const binary = path.join('dist', arch === process.arch ? 'littlehub' : `littlehub-${arch}`)
    assemble(binary, { work, arch })
    if (values.archive) archive(binary, { work, arch })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

type Place = { readonly work: string; readonly arch: string }

/** Nothing is done when the executable was made from the same files. */
function assemble(binary: string, { work, arch }: Place): void {
  const main = path.join(work, 'binary.cjs')
  const assets = { ...filesToCarry(arch), [bundlePath]: path.join(work, bundlePath) }
  const id = `${version}-${hashOf([main, ...Object.values(assets), process.execPath]).slice(0, 16)}`
  const idFile = `${binary}.build`
  if (existsSync(binary) && existsSync(idFile) && readFileSync(idFile, 'utf8') === id) {
    console.log(`${binary}: up to date`)
    return
  }
  const buildFile = path.join(work, 'build')
  writeFileSync(buildFile, id)
  const blob = path.join(work, 'blob')
  const config = {
    main,
    output: blob,
    disableExperimentalSEAWarning: true,
    execArgv: nodeFlags,
    assets: { ...assets, build: buildFile },
  }
  writeFileSync(path.join(work, 'sea.json'), JSON.stringify(config))
  run(process.execPath, ['--experimental-sea-config', path.join(work, 'sea.json')])
  mkdirSync('dist', { recursive: true })
  const unfinished = `${binary}.new`
  copyFileSync(nodeFor({ work, arch }), unfinished)
  chmodSync(unfinished, 0o755)
  // Debugging symbols are a seventh of it; without this tool, or for another processor, they stay.
  if (arch === process.arch && existsSync('/usr/bin/strip')) run('/usr/bin/strip', [unfinished])
  const inject = [unfinished, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse]
  run(process.execPath, ['node_modules/.bin/postject', ...inject])
  renameSync(unfinished, binary)
  writeFileSync(idFile, id)
  console.log(`${binary}: ${megabytes(binary)} MB`)
}

/** By their path in the checkout: what the program reads while it runs. */
function filesToCarry(arch: string): Record<string, string> {
  const native = nativePackages.flatMap((name) => [
    ...globSync(`node_modules/${name}/*.{js,json}`),
    ...globSync(`node_modules/${name}/lib/**/*.js`),
    ...globSync(`node_modules/${name}/prebuilds/linux*-${arch}.node`),
    ...globSync(`node_modules/${name}/prebuilds/linux*-${arch}/*.node`),
  ])
  const own = globSync([
    'package.json',
    'views/**/*.{eta,css,html,js,svg}',
    'src/lib/common-passwords.txt',
    'src/store/migrations/*.sql',
    'src/spawn/zygote/*.py',
  ])
  if (native.filter((file) => file.endsWith('.node')).length < 2)
    throw new Error(`the native modules for ${arch} are not installed: npm ci`)
  return Object.fromEntries([...native, ...own].map((file) => [file, file]))
}

function nodeFor({ work, arch }: Place): string {
  if (arch === process.arch) return process.execPath
  const name = `node-linux-${arch}@${process.versions.node}`
  const install = ['install', '--prefix', work, '--no-save', '--force', '--ignore-scripts', name]
  run('npm', install)
  return path.join(work, 'node_modules', `node-linux-${arch}`, 'bin', 'node')
}

/** The executable with its installer; nothing is done when it is newer than everything in it. */
function archive(binary: string, { work, arch }: Place): void {
  const name = `littlehub-${version}-linux-${arch}`
  const file = path.join('dist', `${name}.tar.gz`)
  const shipped = ['install.sh', 'LICENSE', 'README.md', 'CHANGELOG.md']
  const own = [...shipped, ...globSync('scripts/{*.sh,user-environment.txt}')]
  if (isNewer(file, [binary, ...own])) {
    console.log(`${file}: up to date`)
    return
  }
  const dir = path.join(work, name)
  mkdirSync(path.join(dir, 'scripts'), { recursive: true })
  copyFileSync(binary, path.join(dir, 'littlehub'))
  for (const each of own) copyFileSync(each, path.join(dir, each))
  run('tar', ['-C', work, '--owner=0', '--group=0', '-czf', path.resolve(file), name])
  writeSum(file)
  console.log(`${file}: ${megabytes(file)} MB`)
}

function isNewer(file: string, than: readonly string[]): boolean {
  const madeMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return than.every((other) => statSync(other).mtimeMs < madeMs)
}

/** Replaces its line in dist/SHA256SUMS, as `sha256sum --check` reads it. */
function writeSum(file: string): void {
  const sums = path.join('dist', 'SHA256SUMS')
  const name = path.basename(file)
  const lines = existsSync(sums) ? readFileSync(sums, 'utf8').split('\n') : []
  const others = lines.filter((line) => line !== '' && !line.endsWith(`  ${name}`))
  writeFileSync(sums, [...others, `${hashOf([file])}  ${name}`, ''].join('\n'))
}

/** What it says is shown only when it fails: the tools warn about every part of Node that they do not know. */
function run(program: string, words: readonly string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function megabytes(file: string): number {
  return Math.round(statSync(file).size / 1e6)
}
