import { DAY_MS, type FeatureBag, type Opportunity, type Scalar, type Variant } from '../domain/index.ts'
import { murmur3 } from '../random/index.ts'
import { type ActionLayout, FATIGUE_UNIT, RECENCY_COLUMN, REPEATS_COLUMN } from './action-layout.ts'
import { type FeatureContext, lastSentAt, RECOVERY_HALF_LIFE_DAYS, repeatsOf } from './context.ts'
import { halved } from './halved.ts'
import { putDeclared, type Target } from './put-declared.ts'
import type { variantPlaces } from './variant-places.ts'

/** Claims count in standard deviations of the prior effect, which is the size effects have, and are clipped here. */
const CLAIM_CLIP = 3
const MESSAGE_SEED = 0x6d657373
const NO_FEATURES: FeatureBag = {}

/** A memo of the hash of message families, which are few. */
export function messageBuckets(count: number): (message: string) => number {
  const known = new Map<string, number>()
  return (message) => {
    const found = known.get(message)
    if (found !== undefined) return found
    const bucket = murmur3(message, MESSAGE_SEED) % count
    known.set(message, bucket)
    return bucket
  }
}

/** ln of the first positive claim over what is usual; 0 where nothing is claimed. */
function logClaimOf(claims: ActionLayout['claims'], opportunity: Opportunity): number {
  for (const { objective, estimate } of opportunity.claims) {
    const usual = claims.get(objective)?.usual
    if (usual !== undefined && estimate > 0) {
      return Math.max(-CLAIM_CLIP, Math.min(CLAIM_CLIP, Math.log(estimate / usual)))
    }
  }
  return 0
}

/** How fresh the message family still is, 1 just sent, 0 not sent lately. */
function recencyOf(x: FeatureContext, message: string): number {
  const last = lastSentAt(x, message)
  return last === undefined ? 0 : halved((x.now - last) / DAY_MS / RECOVERY_HALF_LIFE_DAYS)
}

function putClaims(claims: ActionLayout['claims'], opportunity: Opportunity, { out, offset }: Target): void {
  for (const { objective, estimate, kind } of opportunity.claims) {
    const place = claims.get(objective)
    if (place === undefined) continue
    const column = kind === 'incremental' ? place.incremental : place.predicted
    out[offset + column] = Math.max(-CLAIM_CLIP, Math.min(CLAIM_CLIP, estimate / place.unit))
  }
}

/** What a match looks at in a proposal. */
function proposedAs(name: string, opportunity: Opportunity): Scalar | undefined {
  if (name === 'topic' || name === 'message' || name === 'producer') return opportunity[name]
  return opportunity.features[name]
}

function putMatches(
  matches: ActionLayout['matches'],
  { traits, opportunity }: { readonly traits: FeatureBag; readonly opportunity: Opportunity },
  { out, offset }: Target,
): void {
  for (let i = 0; i < matches.length; i += 1) {
    const { spec, column } = matches[i]!
    const liked = traits[spec.trait]
    const proposed = proposedAs(spec.name, opportunity)
    out[offset + column] = liked !== undefined && proposed !== undefined && String(liked) === String(proposed) ? 1 : 0
  }
}

/** What a proposal adds, whatever its variant. */
export function putOpportunity(
  { layout, bucketOf }: { readonly layout: ActionLayout; readonly bucketOf: (message: string) => number },
  { x, opportunity }: { readonly x: FeatureContext; readonly opportunity: Opportunity },
  target: Target,
): void {
  const { out, offset } = target
  const { message } = opportunity
  out[offset + RECENCY_COLUMN] = recencyOf(x, message)
  if (layout.messageBuckets > 0) {
    const bucket = bucketOf(message)
    out[offset + layout.messageStart + bucket] = 1
    if (layout.looksAtSends) out[offset + layout.logClaimStart + bucket] = logClaimOf(layout.claims, opportunity)
  }
  if (layout.looksAtSends) out[offset + REPEATS_COLUMN] = repeatsOf(x, message) * FATIGUE_UNIT
  putClaims(layout.claims, opportunity, target)
  putDeclared(layout.ofOpportunity, opportunity.features, target)
  if (layout.matches.length > 0) putMatches(layout.matches, { traits: x.traits, opportunity }, target)
}

/** What its variant adds. */
export function putVariant(
  { layout, placeOf }: { readonly layout: ActionLayout; readonly placeOf: ReturnType<typeof variantPlaces> },
  { opportunity, variant }: { readonly opportunity: Opportunity; readonly variant: Variant },
  target: Target,
): void {
  putDeclared(layout.ofVariant, variant.features ?? NO_FEATURES, target)
  const place = placeOf(opportunity, variant)
  if (place >= 0) target.out[target.offset + layout.variantStart + place] = 1
}
