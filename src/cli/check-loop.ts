/** The doctor looks at the event loop of the running hub: whether everybody's requests get their turn in time. */
import { ok, warn, type Finding } from './finding.ts'

/** A turn that takes longer is noticed by people who type in a terminal. */
const slowSeconds = '0.1'

/** Share of slow turns that a healthy hub may have: starts of servers and backups of the machine cost some. */
const mostSlow = 0.01

/** About half a minute; before that the start of the hub is most of what was measured. */
const fewestTurns = 600

const metric = 'jupyterhub_event_loop_interval_seconds'

/** @param metrics of the running hub, in the text format of Prometheus */
export function checkLoop(metrics: string): Finding {
  const turns = numberOf(metrics, `${metric}_count`)
  const quick = numberOf(metrics, `${metric}_bucket{le="${slowSeconds}"}`)
  if (turns < fewestTurns)
    return ok('event loop', 'the hub has not run for long enough to tell; ask again in a minute')
  const slow = (turns - quick) / turns
  const found = `${(100 * slow).toFixed(2)} % of its turns took longer than ${slowSeconds} s since the hub began`
  return slow <= mostSlow ? ok('event loop', found) : warn('event loop', found, advice)
}

/** 0 when it is not there: nothing has been measured. */
function numberOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length) ?? 0)
}

const advice =
  'The hub waits for the processor or for memory. See with top what else uses the machine, and give people limits (limits.*), or the machine more cores and memory.'
