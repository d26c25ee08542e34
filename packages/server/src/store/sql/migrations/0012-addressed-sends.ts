/** What names the address a send went to, so that what is heard of it later is not taken for news of another address. */
export const addressedSends: readonly string[] = ['alter table sends add column address_mark text']
