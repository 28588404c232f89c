/** Makes lines of a server's log fit to be shown: no secrets, no terminal codes, no endless lines. */
import { stripVTControlCharacters } from 'node:util'

/** Longest line, in UTF-16 units. */
const maxLine = 2000

/** Shorter strings are no secrets, and replacing them would take the text apart. */
const shortestSecret = 8

const redacted = '[redacted]'

/** Controls but the tab, and the invisible characters that turn the direction of text around. */
const unfit = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const secretName =
  '(?:token|secret|passw(?:or)?d|passwd|api[_-]?key|access[_-]?key|private[_-]?key)'

/** Each keeps what comes before the secret, so that one sees where there was one. */
const patterns: readonly RegExp[] = [
  /((?:set-)?cookie["']?\s*[:=]\s*["']?)[^"']+/gi,
  /(authorization["']?\s*[:=]\s*["']?(?:(?:bearer|token|basic|digest|negotiate)\s+)?)[^\s"',;]+/gi,
  // `token=…`, `JUPYTERHUB_API_TOKEN=…`, `"client_secret": "…"`
  new RegExp(`(${secretName}\\w{0,20}["']?\\s{0,4}[:=]\\s{0,4}["']?)[^\\s"'&#,;]+`, 'gi'),
  // A code or state of OAuth is one for a minute.
  /([?&](?:code|state|code_verifier|_xsrf)=)[^\s"'&#]+/gi,
  /(\b(?:bearer|token|basic)\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{16,}=*/gi,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:)[^\s/@]+(?=@)/gi,
  // As long as a secret of the hub or of JupyterHub, and no path, file name or word.
  /(^|[\s"'=:(])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43,}(?![\w-])/g,
]

/** @param secrets what must not be shown wherever it stands. */
export function redactLog(lines: readonly string[], secrets: readonly string[]): string[] {
  const known = secrets.filter((secret) => secret.length >= shortestSecret)
  return lines.map((line) => shortened(withoutSecrets(printable(line), known)))
}

/** What a terminal would show: of a line that a progress bar wrote over again and again, the last. */
function printable(line: string): string {
  let plain = stripVTControlCharacters(line)
  while (plain.endsWith('\r')) plain = plain.slice(0, -1)
  return plain.slice(plain.lastIndexOf('\r') + 1).replace(unfit, '')
}

function withoutSecrets(line: string, known: readonly string[]): string {
  const unknown = known.reduce((text, secret) => text.replaceAll(secret, redacted), line)
  return patterns.reduce((text, pattern) => text.replace(pattern, `$1${redacted}`), unknown)
}

/** Cut last, since half a secret is not recognised as one. */
const shortened = (line: string): string =>
  line.length <= maxLine ? line : `${line.slice(0, maxLine)}…`
