"""Writes spec/cases/skewness.json: effects corrected for skewness.

    python3 spec/generate/skewness.py

Needs NumPy and SciPy. Influence values are written out row by row, slopes come from least squares on them, second-order terms of ratios
from Hessians by finite differences, ends of intervals from root finding on the transformed score.
"""

import json
import pathlib

import numpy as np
from scipy import optimize, stats

CASES = pathlib.Path(__file__).parents[1] / "cases"
rng = np.random.default_rng(20261129)


def spread_alike(e1, e0):
    """Second and third central moment of both arms together, each around its own mean."""
    e1, e0 = e1 - e1.mean(), e0 - e0.mean()
    both = np.r_[e1, e0]
    return np.mean(both**2), np.mean(both**3)


def hessian(f, size, step=1e-4):
    h = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            a, b = np.eye(size)[i] * step, np.eye(size)[j] * step
            h[i, j] = (f(a + b) - f(a - b) - f(b - a) + f(-a - b)) / (4 * step**2)
    return h


def gradient(f, size, step=1e-5):
    return np.array([(f(np.eye(size)[i] * step) - f(-np.eye(size)[i] * step)) / (2 * step) for i in range(size)])


def second_order(f, covariance):
    """Expectation of the quadratic part in standard errors, and h' S H S h / SE^3."""
    size = len(covariance)
    g, h = gradient(f, size), hessian(f, size)
    error = np.sqrt(g @ covariance @ g)
    return np.trace(h @ covariance) / (2 * error), g @ covariance @ h @ covariance @ g / error**3


def transformed(t, skewness, bias, curvature):
    a, b = skewness / 6 - bias + curvature / 2, skewness / 3 + curvature / 2
    return a + t + b * t**2 + b**2 / 3 * t**3


def answers(effect, error, dof, shape, raw=None):
    reach = 4
    reference = stats.norm if dof is None else stats.t(dof)
    critical = reference.ppf(0.975)
    raw = raw or (lambda at: (effect - at) / error)
    score = lambda at: transformed(raw(at), *shape)
    end = lambda target: optimize.brentq(lambda at: score(at) - target, effect - reach * error, effect + reach * error, xtol=1e-14)
    return {
        "skewness": shape[0],
        "bias": shape[1],
        "curvature": shape[2],
        "effect": effect,
        "stdError": error,
        "interval": [end(critical), end(-critical)],
        "pGreater": float(reference.sf(score(0))),
        "pLess": float(reference.cdf(score(0))),
    }


def skewness_of(mu2, mu3, n1, n0):
    return mu3 * (n1**-2 - n0**-2) / (mu2 * (1 / n1 + 1 / n0)) ** 1.5


def welch(e1, e0, lost=0):
    v1, v0 = (np.sum((e - e.mean()) ** 2) / (len(e) - 1 - lost) / len(e) for e in (e1, e0))
    dof = (v1 + v0) ** 2 / (v1**2 / (len(e1) - 1 - lost) + v0**2 / (len(e0) - 1 - lost))
    return v1, v0, dof


def mean_case(treated, control):
    y1, y0 = treated[:, 0], control[:, 0]
    n1, n0 = len(y1), len(y0)
    v1, v0, dof = welch(y1, y0)
    mu2, mu3 = spread_alike(y1, y0)
    skewness = skewness_of(mu2, mu3, n1, n0)
    plain = answers(y1.mean() - y0.mean(), np.sqrt(v1 + v0), dof, (skewness, 0.0, 0.0))
    m0, m1 = y0.mean(), y1.mean()
    error = np.sqrt(v1 / m1**2 + v0 / m0**2)
    # A ratio of means r is tested as m1 - r m0 = 0.
    contrast = lambda at: (m1 - np.exp(at) * m0) / np.sqrt(v1 + np.exp(2 * at) * v0)
    relative = answers(np.log(m1 / m0), error, dof, (skewness, 0.0, 0.0), contrast)
    relative["interval"] = list(np.expm1(relative["interval"]))
    return {"kind": "mean", "plain": plain, "relative": relative}


def adjusted_case(treated, control):
    both = np.vstack([treated, control])
    centre, n = both[:, 1:].mean(axis=0), len(both)
    residuals, means, slopes = [], [], []
    for arm in (treated, control):
        x = np.column_stack([np.ones(len(arm)), arm[:, 1:] - centre])
        b = np.linalg.lstsq(x, arm[:, 0], rcond=None)[0]
        residuals.append(arm[:, 0] - x @ b)
        means.append(b[0])
        slopes.append(b[1:])
    p = len(slopes[0])
    v1, v0, _ = welch(*residuals, lost=p)
    difference = slopes[0] - slopes[1]
    shared = difference @ np.cov(both[:, 1:], rowvar=False).reshape(p, p) @ difference / n
    variance = v1 + v0 + shared
    n1, n0 = len(treated), len(control)
    dof = variance**2 / (v1**2 / (n1 - 1 - p) + v0**2 / (n0 - 1 - p) + shared**2 / (n - 1))
    shape = (skewness_of(*spread_alike(*residuals), n1, n0), 0.0, 0.0)
    return {"kind": "adjusted", "plain": answers(means[0] - means[1], np.sqrt(variance), dof, shape)}


def ratio_case(treated, control):
    values, sizes, ratios = [], [], []
    for arm in (treated, control):
        ratio = arm[:, 0].sum() / arm[:, 1].sum()
        ratios.append(ratio)
        values.append((arm[:, 0] - ratio * arm[:, 1]) / arm[:, 1].mean())
        sizes.append(arm[:, 1] / arm[:, 1].mean() - 1)
    n1, n0 = len(treated), len(control)
    v1, v0, dof = welch(*values)
    mu2, mu3 = spread_alike(*values)
    pairs = np.vstack([np.column_stack(pair) for pair in zip(values, sizes)])
    within = pairs.T @ pairs / (n1 + n0)
    covariance = np.zeros((4, 4))
    covariance[:2, :2], covariance[2:, 2:] = within / n1, within / n0
    bias, curvature = second_order(lambda u: u[0] / (1 + u[1]) - u[2] / (1 + u[3]), covariance)
    shape = (skewness_of(mu2, mu3, n1, n0), bias, curvature)
    return {"kind": "ratio", "plain": answers(ratios[0] - ratios[1], np.sqrt(v1 + v0), dof, shape)}


def spenders(n, share, shift=0.0):
    wealth = rng.lognormal(0, 0.8, n)
    before = wealth * rng.gamma(1, 8, n)
    now = (rng.random(n) < share) * wealth * rng.gamma(1, 10 * (1 + shift), n)
    return np.column_stack([now, before]).round(3)


def visitors(n):
    visits = 1 + np.floor(rng.lognormal(1, 0.9, n))
    return np.column_stack([rng.binomial(visits.astype(int), rng.beta(1, 3, n)), visits]).astype(float)


def case(treated, control, of):
    found = of(treated, control)
    return {"treatment": treated.tolist(), "control": control.tolist(), **found}


cases = {
    "about": "Effects corrected for skewness, by spec/generate/skewness.py (NumPy, SciPy). Compare to 1e-7; bias and curvature to 1e-6.",
    "cases": [
        case(spenders(150, 0.5)[:, :1], spenders(60, 0.5)[:, :1], mean_case),
        case(spenders(40, 0.6, 0.5)[:, :1], spenders(120, 0.6)[:, :1], mean_case),
        case(spenders(60, 0.7), spenders(140, 0.7), adjusted_case),
        case(visitors(110), visitors(52), ratio_case),
    ],
}
(CASES / "skewness.json").write_text(json.dumps(cases) + "\n")
