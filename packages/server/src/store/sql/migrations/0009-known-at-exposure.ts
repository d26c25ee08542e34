/** What was known of users when they were exposed; null for exposures that were noted before this was. */
export const knownAtExposure: readonly string[] = [
  `alter table exposures add column tenure_days double precision, add column reachable text collate "C"`,
]
