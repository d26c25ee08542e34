import { basename, extname, resolve } from 'node:path'
import { PalomaError } from '@paloma/core/domain'
import { createWorld, policyNamed, RETAIL } from '@paloma/core/simulation'
import { InvalidArgumentError } from 'commander'
import type { PolicyChoice } from './run-task.ts'

/** Reads a whole number of a flag; its text in the message when it is none, or out of range. */
export function whole(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`${name} must be a whole number from ${min} to ${max}, got ${text}`)
  }
}

const MAX_SEEDS = 100

/** `1,2,5` or `1-5` as seeds, each once. */
export function seedsOf(text: string): readonly number[] {
  const one = whole('seed', 0, 2 ** 31)
  const seeds = text.split(',').flatMap((part) => {
    if (!/^\d+(-\d+)?$/.test(part.trim())) {
      throw new InvalidArgumentError(`seed must be a whole number, or several as 1,2,5 or 1-5, got ${text}`)
    }
    const [from, to] = part.split('-').map(one)
    const first = from ?? 0
    const last = to ?? first
    if (last < first || last - first >= MAX_SEEDS) {
      throw new InvalidArgumentError(`seeds must run upwards and be at most ${MAX_SEEDS}, got ${part}`)
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return [...new Set(seeds)]
}

const MODULES: readonly string[] = ['.mjs', '.js']

/** Names that yardsticks are checked against without a world of the caller's size. */
function checkYardstick(name: string): void {
  const startAt = 0
  try {
    policyNamed(createWorld({ scenario: RETAIL, users: 1, days: 1, seed: 0, startAt }), name)
  } catch (error) {
    if (error instanceof PalomaError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** `cadence-2` or `./mine.mjs` as a policy; a module is named after its file. */
export function policyOf(text: string): PolicyChoice {
  const ending = extname(text)
  if (MODULES.includes(ending)) return { name: basename(text, ending), module: resolve(text) }
  checkYardstick(text)
  return { name: text, module: null }
}

/** `never,cadence-2,./mine.mjs` as policies, each once. */
export function policiesOf(text: string): readonly PolicyChoice[] {
  const choices = [...new Set(text.split(',').map((part) => part.trim()))].map(policyOf)
  const names = choices.map(({ name }) => name)
  const twice = names.find((name, place) => names.indexOf(name) < place)
  if (twice !== undefined) throw new InvalidArgumentError(`two policies must not have one name, got ${twice}`)
  return choices
}
