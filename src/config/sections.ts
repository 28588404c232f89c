/** The schema of everything a configuration may say: our settings, and a section per plug-in. */
import { Type, type TSchema } from 'typebox'
import { settings } from './schema.ts'

/** The options schema of every plug-in, by its name. */
export type PluginSchemas = {
  readonly auth: Readonly<Record<string, TSchema>>
  readonly spawner: Readonly<Record<string, TSchema>>
}

/** Our settings, with `auth.<name>` and `spawner.<name>` for every plug-in. */
export function wholeSchema(plugins: PluginSchemas): TSchema {
  const { auth, spawner } = settings.properties
  return Type.Object({
    ...settings.properties,
    auth: Type.Object({ ...auth.properties, ...plugins.auth }),
    spawner: Type.Object({ ...spawner.properties, ...plugins.spawner }),
  })
}

export type Setting = { readonly key: string; readonly schema: TSchema }

/** Every setting with its dotted key, in the order of the schema. */
export function listSettings(schema: TSchema, key = ''): Setting[] {
  if (!Type.IsObject(schema)) return [{ key, schema }]
  return Object.entries(schema.properties).flatMap(([name, below]) =>
    listSettings(below, key === '' ? name : `${key}.${name}`),
  )
}

/**
 * Whether a running hub that reads its configuration again applies a change of this setting; else its next start does.
 * Plug-ins get their options when they are made, but for those that are marked otherwise.
 */
export function isLive({ key, schema }: Setting): boolean {
  const [section, name = ''] = key.split('.')
  const isOfPlugin =
    (section === 'auth' || section === 'spawner') &&
    !Object.hasOwn(settings.properties[section].properties, name)
  const applies = optionOf(schema, 'applies')
  return isOfPlugin ? applies === 'reload' : applies !== 'restart'
}

/** An option of a schema, such as `default`. */
export const optionOf = (schema: TSchema, name: string): unknown =>
  Reflect.get(schema, name) as unknown
