"""Writes spec/cases/covariates.json: effects adjusted for several covariates, some of which say nothing new.

    python3 spec/generate/covariates.py

Needs NumPy and statsmodels. Slopes and residual variances are those of statsmodels' regressions per arm, on the covariates that are
linearly independent; the effect is checked against the fully interacted regression on both arms. Columns are those of a read-out: the
metric, the same before exposure, tenure in days, reachable channels, an indicator of users of whom neither is known.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm

CASES = pathlib.Path(__file__).parents[1] / "cases"
rng = np.random.default_rng(20261130)


def users(n, shift):
    """Metric, metric before, tenure, channels, missing: as known at exposure."""
    habit = rng.gamma(2, 1.5, size=n)
    tenure = rng.exponential(200, size=n)
    channels = rng.integers(1, 4, size=n).astype(float)
    missing = rng.uniform(size=n) < 0.15
    before = rng.poisson(habit) * 1.0
    y = shift + habit * (1 + 0.2 * shift) - 0.004 * tenure + 0.8 * channels + rng.normal(size=n) * 1.5
    tenure[missing] = 0
    channels[missing] = 0
    return np.column_stack([y, before, tenure, channels, missing.astype(float)]).round(3)


def regressions(treated, control, y, x):
    """Per arm the regression of y on x, centred at the mean of both arms."""
    both = np.vstack([treated, control])
    centre = both[:, x].mean(axis=0)
    fits = [sm.OLS(arm[:, y], sm.add_constant(arm[:, x] - centre, has_constant="add")).fit() for arm in (treated, control)]
    t = np.r_[np.ones(len(treated)), np.zeros(len(control))]
    xc = both[:, x] - centre
    whole = sm.OLS(both[:, y], np.column_stack([np.ones(len(both)), t, xc, xc * t[:, None]])).fit()
    assert abs(whole.params[1] - (fits[0].params[0] - fits[1].params[0])) < 1e-9
    return fits


def covariance(arms, metrics):
    """Of effects, metrics being pairs of a column and its covariates."""
    both = np.vstack(arms)
    fits = [regressions(*arms, y, x) for y, x in metrics]
    answer = np.zeros((len(metrics), len(metrics)))
    for i, (_, xi) in enumerate(metrics):
        for j, (_, xj) in enumerate(metrics):
            for k, arm in enumerate(arms):
                scale = ((len(arm) - 1 - len(xi)) * (len(arm) - 1 - len(xj))) ** 0.5
                answer[i, j] += fits[i][k].resid @ fits[j][k].resid / scale / len(arm)
            bi, bj = (fits[m][0].params[1:] - fits[m][1].params[1:] for m in (i, j))
            spread = np.cov(both, rowvar=False)[np.ix_(xi, xj)]
            answer[i, j] += bi @ spread @ bj / len(both)
    effects = [f[0].params[0] - f[1].params[0] for f in fits]
    return effects, answer


def lists(arms):
    return {"treatment": arms[0].tolist(), "control": arms[1].tolist()}


def mean_case():
    """Two columns more that cannot enter: 2 × tenure − channels, and a constant."""
    plain = [users(130, 0.6), users(210, 0)]
    arms = [np.column_stack([a, 2 * a[:, 2] - a[:, 3], np.full(len(a), 7.0)]).round(3) for a in plain]
    (effect,), variance = covariance(arms, [(0, [1, 2, 3, 4])])
    unadjusted = sum(a[:, 0].var(ddof=1) / len(a) for a in arms)
    dropped = [{"column": 5, "reason": "collinear"}, {"column": 6, "reason": "constant"}]
    reduction = 1 - variance[0, 0] / unadjusted
    return {**lists(arms), "kept": [1, 2, 3, 4], "dropped": dropped, "effect": effect, "stdError": variance[0, 0] ** 0.5, "varianceReduction": reduction}


def pooled_case():
    """Fewer than twenty users per covariate in one arm: the same slopes for both."""
    arms = [users(60, 0.6), users(140, 0)]
    both = np.vstack(arms)
    n, p = len(both), 4
    theta = sm.OLS(both[:, 0], sm.add_constant(both[:, 1:])).fit().params[1:]
    flat = [arm[:, 0] - arm[:, 1:] @ theta for arm in arms]
    variance = sum(f.var(ddof=1) / len(f) for f in flat) * (n - 2) / (n - 2 - p)
    return {**lists(arms), "effect": flat[0].mean() - flat[1].mean(), "stdError": variance**0.5}


def ratio_case():
    """Orders per visit, the same before, tenure and channels."""
    arms = []
    for n, shift in ((120, 0.1), (180, 0)):
        known = users(n, shift)
        d, xd = (rng.poisson(1 + known[:, 3]) + 1 for _ in range(2))
        rate = 0.2 + shift + 0.05 * known[:, 1] + 0.0004 * known[:, 2]
        arms.append(np.column_stack([rng.poisson(d * rate), d, rng.poisson(xd * rate), xd, known[:, 2], known[:, 3]]).astype(float))
    both = np.vstack(arms)
    past = both[:, 2].sum() / both[:, 3].sum()
    flat = []
    for arm in arms:
        ratio = arm[:, 0].sum() / arm[:, 1].sum()
        z = ratio + (arm[:, 0] - ratio * arm[:, 1]) / arm[:, 1].mean()
        flat.append(np.column_stack([z, (arm[:, 2] - past * arm[:, 3]) / both[:, 3].mean(), arm[:, 4:]]))
    (effect,), variance = covariance(flat, [(0, [1, 2, 3])])
    return {**lists(arms), "effect": effect, "stdError": variance[0, 0] ** 0.5}


def joint_case():
    """Two metrics, each with its own past, and what both have in common: tenure and channels."""
    arms = []
    for n, shift in ((110, 0.5), (150, 0)):
        a, b = users(n, shift), users(n, shift)
        second = (0.5 * a[:, 0] + b[:, 0]).round(3)
        arms.append(np.column_stack([a[:, 0], second, a[:, 1], b[:, 1], a[:, 2], a[:, 3]]))
    effects, matrix = covariance(arms, [(0, [2, 4, 5]), (1, [3, 4, 5])])
    return {**lists(arms), "effects": effects, "covariance": [matrix[0, 0], matrix[1, 0], matrix[1, 1]]}


def main():
    cases = {
        "about": "Written by spec/generate/covariates.py with NumPy and statsmodels: effects adjusted for several covariates. Compare to 1e-7 relative.",
        "mean": mean_case(),
        "pooled": pooled_case(),
        "ratio": ratio_case(),
        "joint": joint_case(),
    }
    plain = lambda o: o.item() if isinstance(o, np.generic) else o.tolist()
    (CASES / "covariates.json").write_text(json.dumps(cases, default=plain) + "\n")


if __name__ == "__main__":
    main()
