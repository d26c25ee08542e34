"""Writes spec/cases/adaptive.json: a ramp's phase and a bandit's, read out with numpy.

    python3 spec/generate/adaptive.py && npx biome format --write spec/cases/adaptive.json

Made with numpy 1.24 (any recent one will do). Nothing of Paloma is used. Three variants; in the first phase shares stand still, in the
second they follow the best mean so far, batch by batch. Effects within the first phase are differences of means weighted by inverse
propensity, within the second of averages with variance-stabilising weights (Hadad et al. 2021, eq. 5 and 11); phases are weighed by
their users of both variants.
"""

import json
from pathlib import Path

import numpy as np

rng = np.random.default_rng(29)
VARIANTS = ["control", "a", "b"]
rows = []


def add(phase, batch, chances):
    v = rng.choice(3, p=chances)
    spend = round(float(rng.gamma(2, 2) + [0, 0.5, 1.2][v]), 4)
    orders = int(rng.poisson(1 + 0.3 * v)) + (rng.uniform() < 0.5)
    rows.append({"user": f"u{len(rows):03d}", "variant": VARIANTS[v], "phase": phase, "batch": batch, "chances": list(chances), "spend": spend, "orders": int(orders)})


for _ in range(90):
    add("even", 0, [0.5, 0.25, 0.25])
for batch in range(1, 9):
    seen = {name: [r["spend"] for r in rows if r["variant"] == name] for name in VARIANTS}
    best = max(VARIANTS, key=lambda name: np.mean(seen[name]))
    # A chance of its own for every user of a batch: half a contextual bandit.
    for _ in range(20):
        floor = round(float(rng.uniform(0.1, 0.2)), 3)
        add("bandit", batch, [round(1 - 2 * floor, 3) if name == best else floor for name in VARIANTS])
rng.shuffle(rows)


def values(row):
    return np.array([row["spend"], row["orders"]], dtype=float)


def hajek(own, k, of_ratio):
    """Sums weighted by 1 / p: the mean, or the ratio, and its variance by the delta method."""
    w = np.array([1 / r["chances"][k] for r in own])
    m = np.array([values(r)[0] for r in own]) * w
    d = np.array([values(r)[1] if of_ratio else 1 for r in own]) * w
    total = m.sum() / d.sum()
    z = (m - total * d) / d.mean()
    return total, z.var(ddof=1) / len(own)


def stabilised(part, k, of_ratio):
    guess, n = np.zeros(2), 0
    weights, scores = [], []
    for r in part:
        e, hit = r["chances"][k], r["variant"] == VARIANTS[k]
        scores.append(guess + hit * (values(r) - guess) / e)
        weights.append(np.sqrt(e))
        if hit:
            n += 1
            guess = guess + (values(r) - guess) / n
    h, g = np.array(weights), np.array(scores)
    q = (h[:, None] * g).sum(axis=0) / h.sum()
    c = h[:, None] * (g - q)
    v = c.T @ c / h.sum() ** 2
    if not of_ratio:
        return q[0], v[0, 0]
    ratio = q[0] / q[1]
    slope = np.array([1, -ratio]) / q[1]
    return ratio, slope @ v @ slope


def effect(k, of_ratio):
    even = [r for r in rows if r["phase"] == "even"]
    # In the order of batches; within one, users go by the MD5 of their ids.
    from hashlib import md5
    bandit = sorted((r for r in rows if r["phase"] == "bandit"), key=lambda r: (r["batch"], md5(r["user"].encode()).hexdigest()))
    parts = []
    for part, arm in ((even, lambda j: hajek([r for r in even if r["variant"] == VARIANTS[j]], j, of_ratio)), (bandit, lambda j: stabilised(bandit, j, of_ratio))):
        users = sum(r["variant"] in (VARIANTS[0], VARIANTS[k]) for r in part)
        (one, own), (other, base) = arm(k), arm(0)
        parts.append((users, one - other, own + base))
    n = sum(users for users, _, _ in parts)
    return {
        "effect": sum(users / n * delta for users, delta, _ in parts),
        "stdError": float(np.sqrt(sum((users / n) ** 2 * v for users, _, v in parts))),
        "bandit": parts[1][1],
    }


cases = {
    "about": "What numpy finds in a log of two phases, the second a bandit's; written by spec/generate/adaptive.py. Compare to 1e-9.",
    "rows": rows,
    "spend": {name: effect(k, False) for k, name in ((1, "a"), (2, "b"))},
    "spend per order": {name: effect(k, True) for k, name in ((1, "a"), (2, "b"))},
}
(Path(__file__).parents[2] / "spec" / "cases" / "adaptive.json").write_text(json.dumps(cases, indent=1) + "\n")
