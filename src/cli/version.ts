/** `littlehub version` */
import { version as littlehub } from '../lib/version.ts'
import { jsonOption, type Command } from './command.ts'

export const version: Command = {
  name: 'version',
  summary: 'Which littlehub this is, and which Node runs it.',
  operands: [],
  options: jsonOption,
  run({ isSet, terminal }) {
    const { node } = process.versions
    const text = isSet('json')
      ? JSON.stringify({ littlehub, node })
      : `littlehub ${littlehub}, Node ${node}`
    terminal.print(text)
    return Promise.resolve(0)
  },
}
