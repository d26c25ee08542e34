/**
 * When the words of a profile were said. Of those that are stored already nothing is known but that they were said before
 * this ran; the default is worked out once and rewrites no row.
 */
export const datedWords: readonly string[] = [
  `alter table users add column said text
     default json_build_object('before', (extract(epoch from now()) * 1000)::bigint)::text`,
  'alter table users alter column said drop default',
]
