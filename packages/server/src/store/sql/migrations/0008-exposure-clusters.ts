/** The cluster of a user whose slots of time were randomised by cluster; empty for all other exposures. */
export const exposureClusters: readonly string[] = [
  `alter table exposures add column cluster text collate "C" not null default ''`,
]
