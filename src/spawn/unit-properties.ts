/** The properties of the unit that a server runs in: its limits, and what it is kept from. */
import { type Limits } from '../model/limits.ts'

export type UnitSettings = {
  readonly slice: string
  readonly stop_timeout: number
  readonly writable_paths: readonly string[]
  readonly private_devices: boolean
  readonly properties: readonly string[]
}

export type UnitNeeds = {
  readonly home: string
  /** May become root with sudo, which nothing of the unit may stand in the way of. */
  readonly isPowerful: boolean
  readonly limits: Limits
  readonly environmentFile: string
  /** The folder below /run that holds its socket; made and removed with the unit. */
  readonly runtimeDirectory: string
  /** The program makes a socket that its group can use as well, and says nothing about the mode of it. */
  readonly isSocketOfGroup: boolean
  readonly description: string
}

/** In the order in which systemd gets them; those of the administrator come last and win. */
export function unitProperties(settings: UnitSettings, needs: UnitNeeds): string[] {
  return [
    `Description=${needs.description}`,
    `Slice=${settings.slice}`,
    `WorkingDirectory=${needs.home}`,
    `EnvironmentFile=${needs.environmentFile}`,
    `RuntimeDirectory=${needs.runtimeDirectory}`,
    'RuntimeDirectoryMode=0700',
    `UMask=${needs.isSocketOfGroup ? '0007' : '0077'}`,
    // The way it ended stays known until it was asked for.
    'RemainAfterExit=yes',
    // The program is told, and whatever it leaves behind is killed.
    'KillMode=mixed',
    `TimeoutStopSec=${settings.stop_timeout}ms`,
    // One kernel that wants too much memory ends alone, not the person's whole server with it.
    'OOMPolicy=continue',
    ...limitProperties(needs.limits),
    ...alwaysIsolated,
    ...(needs.isPowerful ? [] : confinement(settings, needs.home)),
    ...settings.properties,
  ]
}

/** What is absent is not limited: systemd's own default for tasks would be one. */
export function limitProperties({ memoryBytes, cpuCores, tasks }: Limits): string[] {
  return [
    'MemoryAccounting=yes',
    'CPUAccounting=yes',
    'TasksAccounting=yes',
    `MemoryMax=${memoryBytes ?? 'infinity'}`,
    // A limit that only makes the whole machine swap is none.
    `MemorySwapMax=${memoryBytes === undefined ? 'infinity' : 0}`,
    `CPUQuota=${cpuCores === undefined ? '' : `${Math.max(1, Math.round(cpuCores * 100))}%`}`,
    `TasksMax=${tasks ?? 'infinity'}`,
  ]
}

const alwaysIsolated = ['PrivateTmp=yes', 'ProtectProc=invisible']

/** Many of these switch NoNewPrivileges on by themselves. @see systemd.exec(5) */
const confinement = ({ writable_paths, private_devices }: UnitSettings, home: string): string[] => [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'ProtectSystem=strict',
  // The minus sign: a path that is not there is left out.
  ...[home, ...writable_paths].map((path) => `ReadWritePaths=-${path}`),
  ...(private_devices ? ['PrivateDevices=yes'] : []),
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
]
