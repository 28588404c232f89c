/** The kinds of settings there are: what a schema is made of. */
import { Type, type TSchema } from 'typebox'

/** A duration: `90s`, `10m`, `1h`, `30d` in the file, milliseconds in the program. */
export const duration = (initial: string, description: string) =>
  Type.Unsafe<number>(Type.String({ format: 'duration', default: initial, description }))

/** A size: `512M`, `2G` or a number of bytes in the file, bytes in the program. K, M, G, T are powers of 1024. */
export const size = (initial: string, description: string) =>
  Type.Unsafe<number>(Type.String({ format: 'size', default: initial, description }))

/** Memory that a server may use: a size, or `none`; 0 in the program is none. */
export const memoryLimit = (description: string, more: { default?: string } = {}) =>
  Type.Unsafe<number>(Type.String({ format: 'memory-limit', description, ...more }))

/** Cores that a server may use, such as 0.5 or 2, or `none`; 0 in the program is none. */
export const cpuLimit = (description: string, more: { default?: string } = {}) =>
  Type.Unsafe<number>(Type.String({ format: 'cpu-limit', description, ...more }))

/** A file or folder. `./x` and `../x` are relative to the configuration file's folder; absolute in the program. */
export const path = (initial: string, description: string) =>
  Type.String({ format: 'path', default: initial, description })

/** The same, or nothing: empty. */
export const optionalPath = (description: string) =>
  Type.String({ format: 'optional-path', default: '', description })

export const text = (initial: string, description: string) =>
  Type.String({ default: initial, description })

export const flag = (initial: boolean, description: string) =>
  Type.Boolean({ default: initial, description })

export const count = (initial: number, description: string, maximum = 1_000_000) =>
  Type.Integer({ minimum: 0, maximum, default: initial, description })

export const list = (description: string, initial: string[] = []) =>
  Type.Array(Type.String(), { default: initial, description })

export const table = (description: string) =>
  Type.Record(Type.String(), Type.String(), { default: {}, description })

/** Nothing but these keys; each has its default, so the section itself may be absent. */
export const section = <Properties extends Record<string, TSchema>>(
  properties: Properties,
  description: string,
) => Type.Object(properties, { additionalProperties: false, default: {}, description })

/**
 * A setting, or a section of them, that only the next start applies. All others hold at once when the configuration is
 * read again.
 */
export const restart = <Schema extends TSchema>(schema: Schema): Schema =>
  Object.assign(schema, { applies: 'restart' })

/** An option of a plug-in that holds at once: the hub makes the plug-in anew. */
export const reloaded = <Schema extends TSchema>(schema: Schema): Schema =>
  Object.assign(schema, { applies: 'reload' })
