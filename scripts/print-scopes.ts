/** Prints docs/scopes.md from the scope table: `node scripts/print-scopes.ts > docs/scopes.md`. */
import { roles } from '../src/model/role.ts'
import { scopeTable, selfScopes } from '../src/model/scope-table.ts'

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(line).join('\n')

const scopeRows = Object.entries(scopeTable).map(([name, { meaning, includes }]) => [
  code([name]),
  meaning,
  code(includes),
])
const roleRows = Object.values(roles).map(({ name, description, scopes }) => [
  code([name]),
  description,
  code(scopes),
])

process.stdout.write(`# Scopes

What a person, a token or a service may do. Names and meaning are JupyterHub's. A scope includes what its row names,
and what those include. Printed from \`src/model/scope-table.ts\`.

${table(['scope', 'meaning', 'includes'], scopeRows)}

## Whom a scope is about

A scope without a filter is about everybody. \`!user=NAME\`, \`!group=NAME\`, \`!service=NAME\` and
\`!server=USER/SERVER\` (\`USER/\` is the default server) narrow it: \`read:servers!user=ana\`. On scopes about users and
their servers a group means its members of the moment. \`!user\`, \`!server\` and \`!service\` alone mean the holder's own.

\`self\` is, for the user \`NAME\`, each of ${code(selfScopes)} with \`!user=NAME\`.
\`inherit\`, on a token, is whatever its owner may do at the moment.

## Roles

${table(['role', 'meaning', 'scopes'], roleRows)}
`)
