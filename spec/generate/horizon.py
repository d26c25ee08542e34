"""Prints the table of packages/core/src/policy/horizon-index.ts: what one more look is worth in a finite horizon.

    python3 spec/generate/horizon.py

One arm with unknown mean against a sure 0 in continuous time, noise of variance 1 per observation, 1 observation left at
precision 1 (everything else follows by scaling): V(m, t) = max(0, m dt + E V(m', t + dt)), m' ~ N(m, 1/t - 1/(t + dt)),
backwards from V(m, 1) = 0. The index at tau = (1 - t) / t is minus the mean at which playing is worth 0, in standard
deviations 1 / sqrt(t) of the belief. Dynamic programming on a grid of standardised means, Gauss-Hermite in between.
"""

import numpy as np

STEPS_PER_DOUBLING = 400
TAUS = 2.0 ** np.arange(-6, 15)


def indices(steps):
    z = np.linspace(-6, 6, 24001)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    weights = weights / weights.sum()
    taus = 2.0 ** np.arange(-12, 14 + 1e-9, 1 / steps)
    before = 1.0
    value = np.zeros_like(z)
    found = {}
    for tau in taus:
        t = 1 / (1 + tau)
        mean = z / np.sqrt(t)
        sd = np.sqrt(1 / t - 1 / before)
        later = np.zeros_like(z)
        for node, weight in zip(nodes, weights):
            moved = (mean + sd * node) * np.sqrt(before)
            inside = np.interp(moved, z, value)  # cspell:disable-line
            # Above the grid the arm is played to the end.
            later += weight * np.where(moved > z[-1], moved / np.sqrt(before) * (1 - before), inside)
        play = mean * (before - t) + later
        at = int(np.argmax(play > 0))
        share = -play[at - 1] / (play[at] - play[at - 1])
        found[float(tau)] = -(z[at - 1] + share * (z[at] - z[at - 1]))
        value = np.maximum(0, play)
        before = t
    return np.array([found[min(found, key=lambda key: abs(np.log(key / tau)))] for tau in TAUS])


if __name__ == "__main__":
    coarse, fine = indices(STEPS_PER_DOUBLING // 4), indices(STEPS_PER_DOUBLING)
    # Playing only at steps costs in proportion to the root of a step: 2 * fine - coarse removes it.
    for tau, index, rough in zip(TAUS, 2 * fine - coarse, fine):
        print(f"{tau:12.6f} {index:.5f} {rough:.5f} {index / np.sqrt(tau):.4f}")
