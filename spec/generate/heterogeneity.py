"""Writes spec/cases/heterogeneity.json: robust regressions, best linear predictors and Qini coefficients with standard errors.

    python3 spec/generate/heterogeneity.py        needs NumPy, statsmodels, scikit-uplift (2.4.6, 0.15.0, 0.5.1 were used)

Regressions are statsmodels' WLS with HC3. The standard errors of Qini are the infinitesimal jackknife by brute force: every user's
weight is moved a little and the whole coefficient computed anew from its definition. scikit-uplift gives the coefficients themselves.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm
from sklift.metrics import qini_auc_score

CASES = pathlib.Path(__file__).parents[1] / "cases"


def area(scores, treated, y, w):
    """Area between Qini curve and diagonal for weighted users, by its definition."""
    total = w.sum()
    counts, gains = [0.0], [0.0]
    for s in sorted(set(scores), reverse=True):
        top = scores >= s
        nt, nc = (w * treated * top).sum(), (w * (1 - treated) * top).sum()
        rt, rc = (w * treated * y * top).sum(), (w * (1 - treated) * y * top).sum()
        counts.append((w * top).sum() / total)
        gains.append((rt - (rc * nt / nc if nc > 0 else 0.0)) / total)
    curve = sum((b - a) * (g + h) / 2 for a, b, g, h in zip(counts, counts[1:], gains, gains[1:]))
    return curve - gains[-1] / 2


def jackknife(functional, n, step=1e-5):
    """Standard error by the derivative of a functional with respect to each user's weight."""
    influence = np.empty(n)
    for i in range(n):
        up, down = np.ones(n), np.ones(n)
        up[i] += step
        down[i] -= step
        influence[i] = n * (functional(up) - functional(down)) / (2 * step)
    return float(np.sqrt((influence**2).sum() / (n - 1) / n))


def qini_case(name, seed, n, share, ties, binary=True):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n)
    if ties:
        scores = np.round(scores)
    treated = (rng.random(n) < share).astype(int)
    y = (rng.random(n) < 0.25 + 0.3 * treated * (scores > 0)).astype(float)
    if not binary:
        y = np.round(y * rng.exponential(3.0, size=n), 4)
    scores = np.round(scores, 6)
    perfect = y * (2 * treated - 1)
    ones = np.ones(n)
    out = {
        "name": name,
        "scores": scores.tolist(),
        "treated": treated.tolist(),
        "responded": y.tolist(),
        "area": float(area(scores, treated, y, ones)),
        "areaStdError": jackknife(lambda w: area(scores, treated, y, w), n),
    }
    if binary:
        ratio = lambda w: area(scores, treated, y, w) / area(perfect, treated, y, w)
        out["coefficient"] = float(qini_auc_score(y.astype(int), scores, treated))
        assert abs(out["coefficient"] - ratio(ones)) < 1e-9
        out["coefficientStdError"] = jackknife(ratio, n)
    return out


def regression_case(name, seed, n, weighted):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.exponential(size=n)])
    y = x @ [1.0, -0.5, 2.0] + rng.normal(size=n) * (0.3 + np.abs(x[:, 1]))
    w = rng.uniform(0.5, 4.0, size=n) if weighted else np.ones(n)
    x, y, w = np.round(x, 6), np.round(y, 6), np.round(w, 6)
    fit = sm.WLS(y, x, weights=w).fit(cov_type="HC3")
    return {
        "name": name,
        "rows": x.tolist(),
        "targets": y.tolist(),
        "weights": w.tolist() if weighted else None,
        "coefficients": fit.params.tolist(),
        "covariance": [float(v) for i, row in enumerate(fit.cov_params()) for v in row[: i + 1]],
    }


def blp_case(name, seed, n, shares):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    p = np.array(shares)[rng.integers(len(shares), size=n)]
    d = (rng.random(n) < p).astype(int)
    y = np.round(0.5 * x + d * (0.2 + 0.4 * x) + rng.normal(size=n), 6)
    s = np.round(0.3 + 0.7 * x + 0.2 * rng.normal(size=n), 6)
    b = np.round(0.5 * x + 0.3 * rng.normal(size=n), 6)
    columns = [np.ones(n), d - p, (d - p) * (s - s.mean()), s, b] + ([p] if len(shares) > 1 else [])
    fit = sm.WLS(y, np.column_stack(columns), weights=1 / (p * (1 - p))).fit(cov_type="HC3")
    return {
        "name": name,
        "treated": d.tolist(),
        "propensity": p.tolist(),
        "responses": y.tolist(),
        "effects": s.tolist(),
        "baselines": b.tolist(),
        "average": float(fit.params[1]),
        "averageStdError": float(fit.bse[1]),
        "heterogeneity": float(fit.params[2]),
        "heterogeneityStdError": float(fit.bse[2]),
    }


if __name__ == "__main__":
    found = {
        "about": "Robust least squares (statsmodels WLS, HC3), best linear predictors of Chernozhukov et al. by the same, Qini by scikit-uplift with standard errors by the infinitesimal jackknife; by spec/generate/heterogeneity.py. Compare to 1e-7, Qini's standard errors to 1e-6.",
        "regressions": [regression_case("plain", 1, 40, False), regression_case("weighted", 2, 30, True)],
        "predictors": [
            blp_case("half treated", 3, 60, [0.5]),
            blp_case("few treated", 4, 80, [0.2]),
            blp_case("two shares", 5, 90, [0.3, 0.6]),
        ],
        "qini": [
            qini_case("half treated", 6, 120, 0.5, False),
            qini_case("few treated, equal scores", 7, 150, 0.25, True),
            qini_case("amounts", 8, 100, 0.6, False, binary=False),
        ],
    }
    (CASES / "heterogeneity.json").write_text(json.dumps(found, indent=None) + "\n")
