/** The environment of a unit as a file: what stands in the unit itself is shown to everybody (security S-16). */

/**
 * One variable a line, as systemd reads it, whatever its value holds.
 * @see systemd.exec(5), EnvironmentFile
 */
export function environmentFile(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .filter(([name, value]) => isName(name) && !value.includes('\0'))
    .map(([name, value]) => `${name}="${value.replace(/["\\$`]/g, String.raw`\$&`)}"\n`)
    .join('')
}

/** systemd leaves out others, with a warning that has the value in it. */
const isName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
