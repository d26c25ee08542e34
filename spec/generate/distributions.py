"""Writes spec/cases/distributions.json: both tails of distributions at chosen points.

    python3 spec/generate/distributions.py

With SciPy's special functions (Boost's incomplete beta, Temme's incomplete gamma), each tail by itself, so that no digits are
lost to 1 - p. A quantile is tested backwards: of the lower tail, or of the upper one from above, it gives the point.
"""

import json
import pathlib

from scipy import special

CASES = pathlib.Path(__file__).parents[1] / "cases"


def gamma_tails(x, shape, rate):
    return special.gammainc(shape, x * rate), special.gammaincc(shape, x * rate)


def t_tails(t, degrees):
    tail = special.betainc(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2
    return (tail, 1 - tail) if t < 0 else (1 - tail, tail)


def f_tails(x, d1, d2):
    share, rest = d1 * x / (d1 * x + d2), d2 / (d1 * x + d2)
    return special.betainc(d1 / 2, d2 / 2, share), special.betainc(d2 / 2, d1 / 2, rest)


def binomial_tails(k, n, p):
    return special.betaincc(k + 1, n - k, p), special.betainc(k + 1, n - k, p)


KINDS = {
    "normal": (lambda z: (special.ndtr(z), special.ndtr(-z)), [()], [-37, -8.5, -7.3, -6.2, -3, -1, -0.1, 0.3, 1.96, 5, 12, 30]),
    "t": (t_tails, [(1,), (2.5,), (7,), (40.3,), (999,), (1e5,)], [-60, -8, -2.1, -0.4, 0.2, 1.3, 4, 25]),
    "chiSquare": (
        lambda x, k: gamma_tails(x, k / 2, 0.5),
        [(1,), (2,), (7.5,), (60,), (1000,)],
        [1e-6, 0.01, 0.7, 3.84, 12, 60, 150, 1100, 1400],
    ),
    "gamma": (gamma_tails, [(0.3, 1), (1, 2.5), (4.2, 0.1), (120, 3), (5000, 100)], [1e-5, 0.02, 0.6, 3, 9, 35, 42, 50, 52]),
    "beta": (
        lambda x, a, b: (special.betainc(a, b, x), special.betaincc(a, b, x)),
        [(0.5, 0.5), (1, 3), (2.5, 0.7), (30, 12), (400, 9000), (20000, 20000)],
        [1e-6, 0.001, 0.03, 0.05, 0.2, 0.49, 0.5, 0.7, 0.9, 0.999],
    ),
    "f": (f_tails, [(1, 5), (3, 40), (12.5, 7), (200, 300)], [0.001, 0.3, 0.9, 1.1, 2.5, 9, 60]),
    "binomial": (binomial_tails, [(1, 0.3), (10, 0.5), (400, 0.02), (100000, 0.1)], [0, 3, 7, 9, 25, 9800, 10000, 10400]),
}


def case(kind, x, parameters):
    lower, upper = (float(tail) for tail in KINDS[kind][0](x, *parameters))
    return {"parameters": list(parameters), "x": x, "lower": lower, "upper": upper}


def main():
    cases = {}
    for kind, (_, parameters, xs) in KINDS.items():
        points = [(x, p) for p in parameters for x in xs if kind != "binomial" or x < p[0]]
        drawn = (case(kind, x, p) for x, p in points)
        cases[kind] = [c for c in drawn if min(c["lower"], c["upper"]) > 1e-280]
    about = (
        "Written by spec/generate/distributions.py with SciPy's special functions. lower = P(X <= x), upper = P(X > x); "
        "compare to 1e-9 relative. The quantile of lower (or of upper from above) is x."
    )
    (CASES / "distributions.json").write_text(json.dumps({"about": about, **cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
