"""Writes spec/cases/sequential.json: group sequential tests, confidence sequences, sample ratios, multiple tests, sample sizes.

    python3 spec/generate/sequential.py && npx biome format --write spec/cases/sequential.json

Needs NumPy and SciPy. Sub-densities by Simpson's rule on 4,001 points of Z, bounds and drifts by Brent's method; the first
three looks of every design are checked here against SciPy's multivariate normal distribution. The half-normal mixture by
adaptive quadrature of its definition. Numbers under "published" are copied from where each entry says.
"""

import json
import pathlib

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import gammaln
from scipy.stats import false_discovery_control, multivariate_normal, norm

CASES = pathlib.Path(__file__).parents[1] / "cases"
POINTS, REACH = 4001, 9.0

PUBLISHED = [
    {
        "source": "gsDesign 3.x documentation, gsDesign(k = 3, test.type = 1, alpha = .025, sfu = sfLDOF)",
        "spending": {"kind": "obrienFleming"}, "alpha": 0.025, "sides": 1, "fractions": [1 / 3, 2 / 3, 1],
        "bounds": [3.710303, 2.511427, 1.993048], "decimals": 6,
    },
    {
        "source": "gsDesign2 documentation, the same with a symmetric binding lower bound",
        "spending": {"kind": "obrienFleming"}, "alpha": 0.05, "sides": 2, "fractions": [1 / 3, 2 / 3, 1],
        "bounds": [3.710303, 2.511434, 1.993048], "decimals": 6,
    },
    {
        "source": "Jennison & Turnbull (2000), gsDesign and rpact for five equal looks, O'Brien-Fleming spending",
        "spending": {"kind": "obrienFleming"}, "alpha": 0.025, "sides": 1, "fractions": [0.2, 0.4, 0.6, 0.8, 1],
        "bounds": [4.877, 3.357, 2.680, 2.290, 2.031], "decimals": 3,
    },
    {
        "source": "The same, Pocock spending",
        "spending": {"kind": "pocock"}, "alpha": 0.025, "sides": 1, "fractions": [0.2, 0.4, 0.6, 0.8, 1],
        "bounds": [2.438, 2.427, 2.410, 2.397, 2.386], "decimals": 3,
    },
    {
        "source": "R package RTSA 0.2.2 (code of ldbounds), O'Brien-Fleming",
        "spending": {"kind": "obrienFleming"}, "alpha": 0.05, "sides": 2, "fractions": [0.25, 0.5, 0.75, 1],
        "bounds": [4.332633646049564, 2.963130728293607, 2.359044407368292, 2.014090377368289], "decimals": 12,
    },
    {
        "source": "Julia package SeqBounds, README, O'Brien-Fleming",
        "spending": {"kind": "obrienFleming"}, "alpha": 0.05, "sides": 1, "fractions": [0.25, 0.5],
        "bounds": [3.74955, 2.53993], "decimals": 5,
    },
]


def spent(spending, side, t):
    if t >= 1:
        return side
    if spending["kind"] == "obrienFleming":
        return 2 * norm.sf(norm.isf(side / 2) / np.sqrt(t))
    if spending["kind"] == "pocock":
        return side * np.log(1 + (np.e - 1) * t)
    return side * t ** spending["exponent"]


def simpson_weights(a, b):
    x = np.linspace(a, b, POINTS)
    w = np.full(POINTS, 2.0)
    w[1::2] = 4.0
    w[[0, -1]] = 1.0
    return x, w * (x[1] - x[0]) / 3


class Motion:
    """B(t) with drift, stopped outside of bounds on Z."""

    def __init__(self, drift=0.0):
        self.t, self.drift, self.x, self.mass = 0.0, drift, np.array([0.0]), np.array([1.0])

    def above(self, t, z):
        dt = t - self.t
        return float(self.mass @ norm.sf((z * np.sqrt(t) - self.x - self.drift * dt) / np.sqrt(dt)))

    def below(self, t, z):
        dt = t - self.t
        return float(self.mass @ norm.cdf((z * np.sqrt(t) - self.x - self.drift * dt) / np.sqrt(dt)))

    def go_on(self, t, low, high):
        dt, s = t - self.t, np.sqrt(t)
        a = max(low * s, self.drift * t - REACH * s)
        b = min(high * s, self.drift * t + REACH * s)
        y, w = simpson_weights(a, b)
        f = np.empty(POINTS)
        for start in range(0, POINTS, 500):
            part = slice(start, start + 500)
            d = (y[part, None] - self.x[None, :] - self.drift * dt) / np.sqrt(dt)
            f[part] = norm.pdf(d) @ self.mass / np.sqrt(dt)
        self.t, self.x, self.mass = t, y, w * f


def bounds_of(design):
    side = design["alpha"] / design["sides"]
    motion, bounds, before = Motion(), [], 0.0
    for t in design["fractions"]:
        now = spent(design["spending"], side, t)
        b = brentq(lambda z: np.log(motion.above(t, z)) - np.log(now - before), -5, 25, xtol=1e-12)
        motion.go_on(t, -b if design["sides"] == 2 else -np.inf, b)
        bounds.append(b)
        before = now
    check_against_normal(design, bounds, side)
    return bounds


def check_against_normal(design, bounds, side):
    """P(not above at looks 1..k), one or two-sided, by the multivariate normal distribution of Z."""
    k = min(3, len(bounds))
    t = np.array(design["fractions"][:k])
    cov = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    b = np.array(bounds[:k])
    low = -b if design["sides"] == 2 else np.full(k, -20.0)
    inside = multivariate_normal(mean=np.zeros(k), cov=cov, abseps=1e-10, releps=1e-10, maxpts=10**7).cdf(b, lower_limit=low)
    expected = design["sides"] * spent(design["spending"], side, design["fractions"][k - 1])
    assert abs((1 - inside) - expected) < 2e-8, (design, 1 - inside, expected)


def exits(design, bounds, drift):
    motion, up, down = Motion(drift), [], []
    for t, b in zip(design["fractions"], bounds):
        up.append(motion.above(t, b))
        down.append(motion.below(t, -b) if design["sides"] == 2 else 0.0)
        motion.go_on(t, -b if design["sides"] == 2 else -np.inf, b)
    return up, down


def power_case(design, drift):
    bounds = bounds_of(design)
    up, down = exits(design, bounds, drift)
    t = design["fractions"]
    going = 1 - sum(up) - sum(down)
    expected = sum(f * (u + d) for f, u, d in zip(t, up, down)) + t[-1] * going
    return {**design, "drift": drift, "upper": up, "lower": down, "power": sum(up), "expectedFraction": expected}


def inflation_case(design, power):
    bounds = bounds_of(design)
    drift = brentq(lambda d: sum(exits(design, bounds, d)[0]) - power, 0.5, 8, xtol=1e-9)
    fixed = norm.isf(design["alpha"] / design["sides"]) + norm.ppf(power)
    return {**design, "power": power, "drift": drift, "inflation": (drift / fixed) ** 2}


def stagewise_case(design, k, z):
    """Stopped at look k (0-based) with Z = z: estimates of the drift at fraction 1, and p at drift 0."""
    bounds = bounds_of(design)

    def tail(drift):
        motion, total, under = Motion(drift), 0.0, 0.0
        for t, b in zip(design["fractions"][:k], bounds):
            total += motion.above(t, b)
            under += motion.below(t, -b) if design["sides"] == 2 else 0.0
            motion.go_on(t, -b if design["sides"] == 2 else -np.inf, b)
        t = design["fractions"][k]
        if design["sides"] == 2 and z <= -bounds[k]:
            return 1 - under - motion.below(t, z)
        return total + motion.above(t, z)

    side = design["alpha"] / design["sides"]
    root = np.sqrt(design["fractions"][k])
    where = lambda p: brentq(lambda d: tail(d) - p, (z - 7) / root, (z + 7) / root, xtol=1e-9)
    return {
        **design, "look": k, "z": z, "pValue": tail(0.0),
        "medianUnbiased": where(0.5), "low": where(side), "high": where(1 - side),
    }


def sequence_case(effect, std_error, n, alpha, expected_n):
    two_rho = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) / expected_n
    s2 = std_error**2 * n
    half = np.sqrt(s2) * np.sqrt(2 * (n * two_rho + 1) / (n**2 * two_rho) * np.log(np.sqrt(n * two_rho + 1) / alpha))
    st2 = effect**2 * n / std_error**2
    e = np.exp(two_rho * st2 / (2 * (n * two_rho + 1))) / np.sqrt(n * two_rho + 1)
    # One-sided: E over lambda ~ |N(0, rho^2)| of exp(lambda S - lambda^2 n / 2), S = sqrt(n) z, by quadrature.
    rho2 = (-2 * np.log(2 * alpha) + np.log(1 - 2 * np.log(2 * alpha))) / expected_n
    rho = np.sqrt(rho2)

    def log_mixture(z):
        s = np.sqrt(n) * z
        peak = max(0.0, s / (n + 1 / rho2))
        spread = 1 / np.sqrt(n + 1 / rho2)
        top = peak * s - peak**2 * (n + 1 / rho2) / 2
        f = lambda v: np.exp(v * s - v * v * (n + 1 / rho2) / 2 - top)
        parts = [max(0.0, peak - 12 * spread), peak, peak + 12 * spread]
        total = sum(quad(f, a, b, epsabs=0, epsrel=1e-12, limit=200)[0] for a, b in zip(parts, parts[1:]) if b > a)
        return top + np.log(2 * total / (rho * np.sqrt(2 * np.pi)))

    critical = brentq(lambda z: log_mixture(z) + np.log(alpha), 0, 30, xtol=1e-12)
    return {
        "effect": effect, "stdError": std_error, "n": n, "alpha": alpha, "expectedN": expected_n,
        "halfWidth": half, "eValue": e, "pValue": min(1, 1 / e),
        "oneSidedHalfWidth": critical * std_error, "oneSidedLogE": log_mixture(effect / std_error),
    }


def sample_ratio_case(shares, days):
    theta = np.array(shares, dtype=float) / sum(shares)
    n, p, steps = np.zeros(len(shares)), 1.0, []
    log_beta = lambda a: gammaln(a).sum() - gammaln(a.sum())
    for day in days:
        n = n + np.array(day)
        log_bf = log_beta(100 * theta + n) - log_beta(100 * theta) - float(n @ np.log(theta))
        p = min(p, np.exp(-log_bf))
        steps.append({"added": day, "pValue": float(p)})
    return {"shares": shares, "steps": steps}


def nyholt_case(rng, size):
    a = rng.normal(size=(size, size + 1)).round(3)
    cov = a @ a.T
    sd = np.sqrt(np.diag(cov))
    eigenvalues = np.linalg.eigvalsh(cov / np.outer(sd, sd))
    effective = 1 + (size - 1) * (1 - np.var(eigenvalues, ddof=1) / size)
    packed = [cov[i, j] for i in range(size) for j in range(i + 1)]
    return {"dimension": size, "covariance": packed, "effectiveTests": effective}


def size_case(role, kind, mean, sd, effect, r2, q0, q1, alpha, power):
    z = norm.isf(alpha) + norm.ppf(power)
    if kind == "proportion":
        other = mean + effect if role == "success" else mean
        v0, v1 = mean * (1 - mean), other * (1 - other)
    else:
        v0 = v1 = sd**2
    units = z**2 * (v0 / q0 + v1 / q1) * (1 - r2) / effect**2
    metric = {"name": "m", "role": role, "kind": kind, "mean": mean, "variance": sd**2, "effect": effect, "rSquared": r2}
    return {"metric": metric, "split": {"control": q0, "treatment": q1}, "alpha": alpha, "power": power, "units": units}


def main():
    rng = np.random.default_rng(20261124)
    even = lambda k: [(i + 1) / k for i in range(k)]
    power2 = {"kind": "power", "exponent": 2}
    design = lambda spending, alpha, sides, fractions: {
        "spending": spending, "alpha": alpha, "sides": sides, "fractions": fractions,
    }
    of, pocock = {"kind": "obrienFleming"}, {"kind": "pocock"}
    uneven = [0.03, 0.11, 0.4, 0.45, 0.46, 0.8, 1]
    designs = [
        design(power2, 0.05, 1, even(5)), design(power2, 0.05, 1, even(14)), design(power2, 0.05 / 6, 1, uneven),
        design(power2, 0.01 / 9, 1, even(7)), design({"kind": "power", "exponent": 3}, 0.05, 2, even(4)),
        design(of, 0.025, 1, even(5)), design(of, 0.05, 2, even(4)), design(of, 0.05, 1, uneven),
        design(pocock, 0.05, 2, even(5)), design(pocock, 0.05, 1, uneven), design(pocock, 0.01, 2, even(10)),
        design(power2, 0.05, 1, [0.3, 0.7]),
    ]
    three = design(power2, 0.05, 1, [0.3, 0.6, 1])
    both = design(of, 0.05, 2, [0.5, 0.75, 1])
    p_values = [0.001, 0.2, 0.03, 0.9, 0.011, 0.03, 0.0004, 0.55]
    cases = {
        "about": "Written by spec/generate/sequential.py with NumPy and SciPy, except what is published elsewhere. Bounds to 2e-5 "
        "(published: and the rounding of their decimals), drifts to 1e-5, probabilities to 1e-7, all else to 1e-9 relative.",
        "published": PUBLISHED,
        "bounds": [{**d, "bounds": bounds_of(d)} for d in designs],
        "power": [power_case(designs[1], 0.2 * np.sqrt(250)), power_case(designs[8], 2.5), power_case(both, -1.0)],
        "inflation": [inflation_case(designs[5], 0.9), inflation_case(designs[0], 0.8), inflation_case(designs[8], 0.9)],
        "stagewise": [
            stagewise_case(three, 0, 3.1), stagewise_case(three, 1, 2.5), stagewise_case(three, 2, 0.4),
            stagewise_case(both, 1, -2.6), stagewise_case(both, 2, 2.2),
        ],
        "sequence": [
            sequence_case(0.1, 0.04, 5000, 0.05, 10000), sequence_case(-0.02, 0.01, 20000, 0.01, 5000),
            sequence_case(3.0, 0.5, 100, 0.05 / 3, 100),
        ],
        "sampleRatio": [
            sample_ratio_case([1, 1], [[500, 510], [480, 530], [5000, 5600]]),
            sample_ratio_case([0.6, 0.3, 0.1], [[60, 30, 10], [630, 280, 90], [6000, 3100, 1050]]),
        ],
        "effectiveTests": [nyholt_case(rng, 3), nyholt_case(rng, 6)],
        "discoveries": {"pValues": p_values, "adjusted": false_discovery_control(p_values).tolist()},
        "requiredUnits": [
            size_case("success", "proportion", 0.1, 0.3, 0.01, 0.0, 0.5, 0.5, 0.05, 0.8),
            size_case("guardrail", "proportion", 0.02, 0.14, 0.002, 0.0, 0.5, 0.5, 0.05, 0.905),
            size_case("success", "mean", 12.0, 40.0, 0.6, 0.35, 0.4, 0.3, 0.0125, 0.9525),
        ],
    }
    (CASES / "sequential.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
