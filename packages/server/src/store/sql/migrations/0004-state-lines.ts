/** Policy states that the users of one variant learn by themselves; the line of everybody's has no name. */
export const stateLines: readonly string[] = [
  `alter table policy_states add column line text not null default ''`,
  `create index policy_states_line on policy_states (line, id)`,
]
