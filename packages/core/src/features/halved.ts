/** What is left of 1 after so many half-lives; as an exponential, which is faster than a power. */
export function halved(halfLives: number): number {
  return Math.exp(-Math.LN2 * halfLives)
}
