import type { MissingFilter, SubscriptionFilter } from './ports/subscription-store'

/** Names, or `undefined`: all. */
type Names = ReadonlyArray<string> | undefined

const lacking = (declared: Names, known: Names): ReadonlyArray<string> | 'all' | undefined => {
  if (known === undefined) return undefined
  if (declared === undefined) return 'all'
  const missing = declared.filter((name) => !known.includes(name))
  return missing.length === 0 ? undefined : missing.toSorted()
}

/** What was declared and `known` would skip, or `undefined`. */
export const missingIn = (
  declared: SubscriptionFilter,
  known: SubscriptionFilter,
): MissingFilter | undefined => {
  const categories = lacking(declared.categories, known.categories)
  const types = lacking(declared.types, known.types)
  const tags = lacking(declared.tags, known.tags)
  return categories === undefined && types === undefined && tags === undefined
    ? undefined
    : {
        ...(categories === undefined ? {} : { categories }),
        ...(types === undefined ? {} : { types }),
        ...(tags === undefined ? {} : { tags }),
      }
}

const combined = (
  left: SubscriptionFilter,
  right: SubscriptionFilter,
  names: (left: Names, right: Names) => Names,
): SubscriptionFilter => {
  const categories = names(left.categories, right.categories)
  const types = names(left.types, right.types)
  const tags = names(left.tags, right.tags)
  return {
    ...(categories === undefined ? {} : { categories }),
    ...(types === undefined ? {} : { types }),
    ...(tags === undefined ? {} : { tags }),
  }
}

/** Everything that one of the two reads. */
export const eitherOf = (left: SubscriptionFilter, right: SubscriptionFilter): SubscriptionFilter =>
  combined(left, right, (some, others) =>
    some === undefined || others === undefined ? undefined : [...new Set([...some, ...others])],
  )

/** Everything that both read. */
export const bothOf = (left: SubscriptionFilter, right: SubscriptionFilter): SubscriptionFilter =>
  combined(left, right, (some, others) => {
    if (some === undefined) return others
    return others === undefined ? some : some.filter((name) => others.includes(name))
  })
