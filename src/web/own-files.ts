/** The administrators' own logo and views: looked at when the hub starts, so that no page fails later. */
import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { asError, ConfigError, type ConfigProblem } from '../lib/errors.ts'
import { asOwnerOf } from '../lib/ownership.ts'
import { checkOwnCertificate, type CertificateSettings } from '../tls/own-certificate.ts'
import { isAssetName } from './assets.ts'
import { viewProblem } from './views.ts'

type Settings = { readonly views_dir: string; readonly logo_file: string }

type AllSettings = Settings & CertificateSettings & { readonly data_dir: string }

/**
 * Every file that the configuration names. A certificate is for the account that the data belong to, whoever asks here.
 * @throws {ConfigError} that names those that cannot be used.
 */
export function checkFiles(config: AllSettings): string[] {
  checkOwnFiles(config)
  return asOwnerOf(config.data_dir, () => checkOwnCertificate(config, new Date()))
}

/** @throws {ConfigError} that names every file that cannot be used. */
export function checkOwnFiles({ views_dir: dir, logo_file: logo }: Settings): void {
  const problems = [
    ...(logo === '' ? [] : logoProblems(logo)),
    ...(dir === '' ? [] : viewProblems(dir)),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
}

const problem = (key: keyof Settings, sentence: string): ConfigProblem => ({
  source: 'configuration',
  key,
  sentence,
})

function logoProblems(file: string): ConfigProblem[] {
  if (!isAssetName(file))
    return [problem('logo_file', `${file} is no SVG, PNG, JPEG, GIF, WebP or ICO.`)]
  try {
    if (!statSync(file).isFile()) return [problem('logo_file', `${file} is no file.`)]
    accessSync(file, constants.R_OK)
    return []
  } catch (thrown) {
    return [problem('logo_file', `cannot be read: ${asError(thrown).message}.`)]
  }
}

function viewProblems(dir: string): ConfigProblem[] {
  try {
    const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => name.endsWith('.eta'))
      .flatMap((name) => {
        const reason = viewProblem(path.join(dir, name))
        return reason === undefined ? [] : [problem('views_dir', `${name}: ${reason}`)]
      })
  } catch (thrown) {
    return [problem('views_dir', `cannot be read: ${asError(thrown).message}.`)]
  }
}
