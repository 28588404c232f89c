/** Reading the configuration again: what a running hub can apply of it holds at once, all of it or nothing. */
import { changesBetween, withoutRestart } from '../config/changes.ts'
import { type LiveSettings } from '../config/live.ts'
import { type LoadedConfig } from '../config/load.ts'
import { type PluginSchemas } from '../config/sections.ts'
import { asError, conflict } from '../lib/errors.ts'
import { createKeyedLock } from '../lib/lock.ts'
import { type Log } from '../lib/log.ts'
import { defineCustomScopes } from '../model/scope-table.ts'
import { applyDeclarations, type DeclarationNeeds } from './declarations.ts'
import { type ManagedServices } from './managed-services.ts'
import { routeServices, type ServiceRouteNeeds } from './service-routes.ts'
import { type ServiceWatch } from './service-watch.ts'

/** Dotted keys of the settings that differ from those that held. */
export type Reloaded = {
  /** They hold now. */
  readonly applied: readonly string[]
  /** They are as they were, until the hub starts again. */
  readonly needsRestart: readonly string[]
  /** What was read; undefined: there is no file. */
  readonly file: string | undefined
}

/**
 * Reads the configuration and applies it.
 * @throws {ConfigError} that names every problem. @throws {HubError} Unavailable: a service cannot be started.
 * Either way everything is as it was.
 */
export type Reload = () => Promise<Reloaded>

export type ReloadNeeds = DeclarationNeeds &
  ServiceRouteNeeds & {
    readonly settings: LiveSettings
    readonly managedServices: Pick<ManagedServices, 'declare'>
    /** @throws {ConfigError} */
    renewAuthenticator(options: unknown): void
    readonly serviceWatch: Pick<ServiceWatch, 'declare'>
    /** Begins or ends to listen for HTTPS, as it is wanted now. @throws {ConfigError} the port cannot be had */
    listenSecurely(): Promise<void>
    readonly log: Log
    readonly plugins: PluginSchemas
    /** As the hub was started with. */
    readonly initial: LoadedConfig
    /** @throws {ConfigError} undefined: nobody said from where */
    readonly read: (() => LoadedConfig) | undefined
    /** Looks at what only shows when it is used. @throws {ConfigError} */
    check(config: LoadedConfig): void
  }

export function createReload(needs: ReloadNeeds): Reload {
  const { log } = needs
  const lock = createKeyedLock()
  let running = needs.initial

  const apply = async (config: LoadedConfig): Promise<void> => {
    needs.renewAuthenticator(config.pluginOptions.auth)
    defineCustomScopes(config.custom_scopes)
    applyDeclarations(config, needs)
    needs.settings.replace(config)
    await needs.listenSecurely()
    routeServices(needs)
    await needs.managedServices.declare(config.services)
    needs.serviceWatch.declare(config.services)
  }

  const applyOrUndo = async (config: LoadedConfig): Promise<void> => {
    try {
      await apply(config)
    } catch (thrown) {
      await apply(running).catch((error: unknown) => {
        log.error({ error: asError(error) }, 'going back to the settings before')
      })
      throw thrown
    }
  }

  const reload = async (): Promise<Reloaded> => {
    if (!needs.read) throw conflict('This hub does not know where its configuration is.')
    const read = needs.read()
    const changes = changesBetween(running, read, needs.plugins)
    const wanted = withoutRestart(running, read, changes)
    needs.check(wanted)
    await applyOrUndo(wanted)
    running = wanted
    for (const warning of read.warnings) log.warn(warning)
    log.info({ applied: changes.live, needsRestart: changes.restart }, 'configuration read again')
    return { applied: changes.live, needsRestart: changes.restart, file: read.file }
  }

  return () =>
    lock.run('reload', async () => {
      try {
        return await reload()
      } catch (thrown) {
        log.error({ problem: asError(thrown).message }, 'configuration refused, nothing changed')
        throw thrown
      }
    })
}
