/** What the kernel itself says of the processes and limits of a unit: its control group, version 2 or 1. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Limits } from '../model/limits.ts'

export interface ControlGroups {
  /** The limits that act on it; what is absent does not. @param group as systemd names it: `/littlehub.slice/….service` */
  limits(group: string): Limits
  /** How many processes are in it and below it. */
  processes(group: string): number
  /** How often the kernel ended a process of it for want of memory, since it began. */
  memoryKills(group: string): number
}

/** @param root where the hierarchies are mounted */
export function createControlGroups(root = '/sys/fs/cgroup'): ControlGroups {
  const isUnified = existsSync(path.join(root, 'cgroup.controllers'))

  const read = (controller: string, group: string, file: string): string =>
    readText(path.join(root, isUnified ? '' : controller, group, file))

  return {
    limits: (group) =>
      given({
        memoryBytes: isUnified
          ? bound(read('', group, 'memory.max'))
          : bound(read('memory', group, 'memory.limit_in_bytes')),
        tasks: bound(read('pids', group, 'pids.max')),
        cpuCores: isUnified
          ? cores(...split(read('', group, 'cpu.max')))
          : cores(read('cpu', group, 'cpu.cfs_quota_us'), read('cpu', group, 'cpu.cfs_period_us')),
      }),
    processes: (group) => countBelow(path.join(root, isUnified ? '' : 'systemd', group)),
    memoryKills(group) {
      const events = isUnified
        ? read('', group, 'memory.events')
        : read('memory', group, 'memory.oom_control')
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
    },
  }
}

function given(limits: { [Key in keyof Limits]: Limits[Key] | undefined }): Limits {
  const entries = Object.entries(limits).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries)
}

/** Version 1 says "no limit" with a number that no machine reaches. */
const unreachable = 2 ** 60

function bound(text: string): number | undefined {
  const value = Number(text.trim() || 'max')
  return value >= 0 && value < unreachable ? value : undefined
}

const split = (text: string): [string, string] => {
  const [quota = '', period = ''] = text.trim().split(' ')
  return [quota, period]
}

function cores(quota: string, period: string): number | undefined {
  const value = Number(quota.trim() || 'max') / Number(period.trim())
  return value > 0 && Number.isFinite(value) ? value : undefined
}

function countBelow(folder: string): number {
  const own = readText(path.join(folder, 'cgroup.procs')).split('\n').filter(Boolean).length
  return foldersIn(folder).reduce((sum, name) => sum + countBelow(path.join(folder, name)), own)
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

/** A group that is gone says nothing. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
