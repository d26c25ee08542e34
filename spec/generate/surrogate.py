"""Writes spec/cases/surrogate.json: surrogate indices, effects on them, and slopes over past experiments.

    python3 spec/generate/surrogate.py        needs NumPy, statsmodels (2.4.6, 0.15.0 were used)

Indices are statsmodels' OLS with HC3; effects and variances are written out from raw rows; slopes from their formula.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm

CASES = pathlib.Path(__file__).parents[1] / "cases"


def index_case(name, seed, past, users):
    rng = np.random.default_rng(seed)
    z = np.round(np.column_stack([rng.poisson(3, past), rng.exponential(size=past), rng.normal(size=past)]), 6)
    y = np.round(2 + z @ [1.5, -0.7, 0.4] + rng.normal(size=past) * (1 + z[:, 1]), 6)
    fit = sm.OLS(y, sm.add_constant(z)).fit(cov_type="HC3")
    treated = (rng.random(users) < 0.4).astype(int)
    s = np.round(np.column_stack([rng.poisson(3 + 0.5 * treated), rng.exponential(size=users)]), 6)
    delta = s[treated == 1].mean(0) - s[treated == 0].mean(0)
    sigma = sum(np.cov(s[treated == d].T, ddof=1) / (treated == d).sum() for d in (0, 1))
    w, v = fit.params[1:3], fit.cov_params()[1:3, 1:3]
    return {
        "name": name,
        "rows": z.tolist(),
        "longTerm": y.tolist(),
        "weights": fit.params[1:].tolist(),
        "intercept": float(fit.params[0]),
        "covariance": [float(x) for i, row in enumerate(fit.cov_params()[1:, 1:]) for x in row[: i + 1]],
        "effects": delta.tolist(),
        "effectCovariance": [float(sigma[0, 0]), float(sigma[1, 0]), float(sigma[1, 1])],
        "effect": float(w @ delta),
        "between": float(np.sqrt(w @ sigma @ w)),
        "model": float(np.sqrt(delta @ v @ delta)),
    }


def slope_case(name, seed, k, misfit):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=k)
    si, sr = np.round(rng.uniform(0.1, 0.4, k), 4), np.round(rng.uniform(0.3, 0.9, k), 4)
    c = np.round(0.2 * si * sr, 6)
    i = np.round(truth + si * rng.normal(size=k), 6)
    r = np.round(0.8 * truth + sr * rng.normal(size=k) + misfit * rng.normal(size=k), 6)
    error = lambda b: sr**2 + b**2 * si**2 - 2 * b * c
    b0 = (i * r - c).sum() / (i**2 - si**2).sum()
    excess = max(0.0, ((r - b0 * i) ** 2 - error(b0)).mean())
    w = 1 / (error(b0) + excess)
    a, b = w * (i * r - c), w * (i**2 - si**2)
    slope = a.sum() / b.sum()
    share = np.maximum(0, b / b.sum())
    return {
        "name": name,
        "past": [
            {"indexEffect": float(q), "indexStdError": float(s), "realisedEffect": float(x), "realisedStdError": float(t), "covariance": float(u)}
            for q, s, x, t, u in zip(i, si, r, sr, c)
        ],
        "slope": float(slope),
        "stdError": float(np.sqrt(((a - slope * b) ** 2 / (1 - share)).sum()) / b.sum()),
        "dof": float(1 / (share**2).sum()),
        "misfit": float(((r - slope * i) ** 2 / error(slope)).sum() / (k - 1)),
        "disagreements": int((i * r < 0).sum()),
    }


if __name__ == "__main__":
    found = {
        "about": "Surrogate indices (statsmodels OLS, HC3), effects on them with both variances, slopes over past experiments; by spec/generate/surrogate.py. Compare to 1e-8.",
        "indices": [index_case("three columns, two of them outcomes", 11, 120, 90)],
        "slopes": [slope_case("errors alone", 12, 15, 0.0), slope_case("effects beside the index", 13, 25, 0.8)],
    }
    (CASES / "surrogate.json").write_text(json.dumps(found) + "\n")
