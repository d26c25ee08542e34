import type { WireItemResult, WireResults } from '@paloma/sdk'
import type { z } from 'zod'
import { issuesOf, shown } from '../config/issues.ts'
import type { ItemError, ItemResult } from '../usecases/contract.ts'
import { invalidRequest, ProblemError, problemOfItem } from './problem.ts'
import { malformation } from './well-formed.ts'

/** One item of a request: fit for the use case, or refused with the field at fault. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ItemError }

/** Checks one item by its schema; the pointer of a refusal lies inside the item. */
export function parseItem<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  const fault = malformation(value)
  if (fault !== undefined) return refused('ITEM_INVALID', fault)
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return { ok: true, value: result.data }
  return refused('ITEM_INVALID', issuesOf(result.error)[0] ?? { pointer: '', detail: 'is not valid' })
}

function refused(
  code: string,
  { pointer, detail }: { readonly pointer: string; readonly detail: string },
): Parsed<never> {
  return { ok: false, error: { code, detail: pointer === '' ? detail : `${pointer}: ${detail}`, pointer } }
}

/** The only item of a request; throws the problem with every field at fault when it does not fit. */
export function parseOnly<T>(schema: z.ZodType<T>, value: unknown): T {
  const fault = malformation(value)
  if (fault !== undefined) throw invalidRequest('body', [fault])
  const result = schema.safeParse(value, { reportInput: true })
  if (!result.success) throw invalidRequest('body', issuesOf(result.error))
  return result.data
}

/** The list under `member` of a body; throws 400 when it is missing, empty or longer than `max`. */
export function listOf(body: unknown, member: string, max: number): readonly unknown[] {
  const pointer = `/${member}`
  const list: unknown =
    typeof body === 'object' && body !== null && Object.hasOwn(body, member) ? Reflect.get(body, member) : undefined
  if (!Array.isArray(list) || list.length === 0) {
    const detail = `${pointer} must be a list of 1 to ${max} items, got ${shown(list)}`
    throw new ProblemError('BODY_INVALID', detail, { errors: [{ pointer, detail }] })
  }
  if (list.length > max) {
    const detail = `${pointer} has ${list.length} items, the limit (limits.batchItems) is ${max}`
    throw new ProblemError('TOO_MANY_ITEMS', detail, { errors: [{ pointer, detail }] })
  }
  return list
}

/** How a list of one kind is handled. */
export interface ItemHandling<I, T, W> {
  readonly parse: (value: unknown, index: number) => Parsed<I>
  readonly run: (items: readonly I[]) => Promise<readonly ItemResult<T>[]>
  readonly show: (value: T) => W
}

/** Runs the fit items of a list together and answers one result per item, so that a bad one spoils nothing. */
export async function handleItems<I, T, W>(
  values: readonly unknown[],
  { parse, run, show }: ItemHandling<I, T, W>,
): Promise<WireResults<W>> {
  const parsed = values.map(parse)
  const fit = parsed.flatMap((each) => (each.ok ? [each.value] : []))
  const done = fit.length === 0 ? [] : await run(fit)
  let next = 0
  return { results: parsed.map((each) => (each.ok ? shownResult(done[next++], show) : each)) }
}

function shownResult<T, W>(result: ItemResult<T> | undefined, show: (value: T) => W): WireItemResult<W> {
  if (result === undefined) throw new RangeError('the use case answered fewer results than it was given items')
  if (!result.ok) return result
  const { status, value, warnings } = result
  return { ok: true, status, value: show(value), ...(warnings === undefined ? {} : { warnings }) }
}

/** The result of a list of one; throws the problem when it was refused. */
export function onlyResult<T>(results: readonly ItemResult<T>[]): Extract<ItemResult<T>, { ok: true }> {
  const result = results[0]
  if (result === undefined) throw new RangeError('the use case answered no result for one item')
  if (!result.ok) throw problemOfItem(result.error)
  return result
}
