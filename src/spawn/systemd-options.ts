/** The settings of the systemd spawner. */
import { Type, type Static } from 'typebox'
import { duration, flag, list, section, size, text } from '../config/schema.ts'

const name = (initial: string, pattern: string, description: string) =>
  Type.String({ default: initial, pattern, description })

export const systemdOptions = section(
  {
    account_prefix: name(
      'jupyter-',
      '^([a-z_][a-z0-9_-]{0,15})?$',
      "The unix account of a user is called so, and then the user's name; it is made at the first start. Empty: accounts of the same name.",
    ),
    homes_dir: Type.String({
      format: 'path',
      default: '/home',
      description: 'Folder in which the home folders of new accounts are made.',
    }),
    shell: text('/bin/bash', 'Login shell of new accounts.'),
    groups: list('Unix groups that every account is in; those that are missing are made.'),
    extra_groups: Type.Record(Type.String(), Type.Array(Type.String()), {
      default: {},
      description: 'Unix groups with the names of the users whose accounts are in them.',
    }),
    admin_sudo: flag(
      false,
      'Administrators may become root on this machine with sudo, without a password, and their servers are not confined. Where the hub is not root these are the ones in `users.admin` and `admin_users`.',
    ),
    slice: name(
      'littlehub.slice',
      '^[a-z][a-z0-9-]*\\.slice$',
      'The slice that all servers run in, with what they may use together.',
    ),
    reserved_memory: size(
      '512M',
      'Memory of the machine that servers together can never take, so that the hub keeps working; 0: no limit for all of them. A slice with a unit file of its own is left as it is.',
    ),
    unit_prefix: name(
      'jupyter-',
      '^[a-z][a-z0-9-]{0,30}$',
      'The unit of a server is called so, and then the name of the server.',
    ),
    stop_timeout: duration('10s', 'A server that is stopped has this long to end by itself.'),
    writable_paths: list(
      'Folders that servers can write to, besides their home and /tmp, where permissions allow it. Everything else is read-only.',
    ),
    private_devices: flag(true, 'Servers see no devices but /dev/null and its like; off for GPUs.'),
    properties: list('More properties of each unit, such as `IOWeight=50`.'),
  },
  'Servers as units of systemd, each with limits, under a unix account of its own. The hub has to be root, or to have its helper beside it, as when it is installed.',
)

export type SystemdOptions = Static<typeof systemdOptions>

/** The options of a configuration that has servers run as units. @param pluginOptions checked by the loader */
export function systemdOptionsOf(config: {
  readonly spawner: { readonly type: string }
  readonly pluginOptions: { readonly spawner: unknown }
}): SystemdOptions | undefined {
  const { spawner, pluginOptions } = config
  return spawner.type === 'systemd' ? (pluginOptions.spawner as SystemdOptions) : undefined
}
