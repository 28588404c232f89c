/** Custom scopes: names of the configuration that mean something to services only (contract §4.9; JupyterHub: `define_custom_scopes`). */

export type CustomScope = {
  readonly description: string
  /** Other custom scopes that it includes. */
  readonly subscopes: readonly string[]
}

export type CustomScopes = Readonly<Record<string, CustomScope>>

const customName = /^custom:[a-z0-9][a-z0-9_\-*:]+[a-z0-9_*]$/

/** What is wrong with each of them; empty when all can be used, and only then may any be. */
export function customScopeProblems(scopes: CustomScopes): { name: string; sentence: string }[] {
  return Object.entries(scopes).flatMap(([name, { description, subscopes }]) => {
    if (!customName.test(name))
      return {
        name,
        sentence: 'is not of the form `custom:` and at least three of a–z, 0–9, _ - * :',
      }
    if (description.trim() === '') return { name, sentence: 'needs a description.' }
    const unknown = subscopes.filter((one) => !Object.hasOwn(scopes, one))
    const sentence = `includes ${unknown.join(', ')}, which is no scope of this section.`
    return unknown.length === 0 ? [] : { name, sentence }
  })
}
