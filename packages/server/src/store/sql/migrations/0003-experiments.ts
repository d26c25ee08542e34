/**
 * Experiments as they stand, their audit trail, and who was exposed to which variant when. `slot` is −1 where users are
 * what is randomised.
 */
export const experiments: readonly string[] = [
  `create table experiments (
    key text collate "C" primary key,
    record text not null)`,
  `create table experiment_changes (
    seq bigint generated always as identity primary key,
    key text collate "C" not null,
    revision bigint not null,
    at bigint not null,
    actor text not null,
    action text not null,
    note text not null,
    record text not null,
    unique (key, revision))`,
  `create table exposures (
    experiment text collate "C" not null,
    user_id text collate "C" not null,
    slot bigint not null,
    variant text collate "C" not null,
    phase bigint not null,
    at bigint not null,
    decision_id text collate "C" not null,
    primary key (experiment, user_id, slot, variant))`,
  `create index exposures_user on exposures (user_id)`,
]
