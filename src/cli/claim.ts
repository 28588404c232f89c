/** `littlehub claim` */
import { hubOptions, jsonOption, type Command } from './command.ts'
import { addressOf } from './hub-url.ts'
import { inWords } from './words.ts'
import { withContext } from './with-context.ts'

export const claim: Command = {
  name: 'claim',
  summary: 'A new link with which the first owner takes this hub; older ones stop working.',
  details: ['Only while the hub has no administrator.'],
  operands: [],
  options: { ...hubOptions, ...jsonOption },
  run: (call) =>
    withContext(call, (context) => {
      const url = addressOf(context.links.claim(), context)
      if (call.isSet('json')) call.terminal.print(JSON.stringify({ url }))
      else {
        call.terminal.say(
          `Whoever opens this link first owns the hub. It works once, for ${inWords(context.config.links.claim_valid)}:`,
        )
        call.terminal.print(url)
      }
      return 0
    }),
}
