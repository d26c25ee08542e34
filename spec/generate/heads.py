"""Writes spec/cases/heads.json: posteriors of Bayesian linear heads and Thompson probabilities, by plain formulas.

    python3 spec/generate/heads.py

Posteriors in one step, A = diag(1 / v) + sum c f f', mean = A^-1 (m / v + sum c f r), with numpy; no recursion. Noise:
shape 1 + w / 2 + sum c / 2, rate s^2 w / 2 + (m' diag(1 / v) m + sum c r^2 - mean' A mean) / 2. Forgetting mixes the
natural parameters. Probabilities by adaptive quadrature of f_k prod F_j with scipy, absolute error below 1e-10.
"""

import json
import pathlib

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

CASES = pathlib.Path(__file__).parents[1] / "cases"


def natural(mean, variance):
    precision = np.diag(1 / variance)
    return precision, precision @ mean


def posterior(prior, examples):
    """One step of conjugate regression from a diagonal prior."""
    mean = np.array(prior["mean"])
    precision, information = natural(mean, np.array(prior["variance"]))
    shape = 1 + prior["noiseWeight"] / 2
    rate = prior["noiseSd"] ** 2 * prior["noiseWeight"] / 2 + mean @ precision @ mean / 2
    for example in examples:
        f, r, c = np.array(example["features"]), example["reward"], example["weight"]
        precision = precision + c * np.outer(f, f)
        information = information + c * r * f
        shape += c / 2
        rate += c * r * r / 2
    learned = np.linalg.solve(precision, information)
    rate -= learned @ precision @ learned / 2
    return {"precision": precision, "mean": learned, "shape": shape, "rate": rate}


def described(state):
    covariance = np.linalg.inv(state["precision"])
    return {
        "mean": state["mean"].tolist(),
        "covariance": covariance.tolist(),
        "noiseShape": state["shape"],
        "noiseRate": state["rate"],
    }


def forgotten(state, prior, keep):
    """keep * learned + (1 - keep) * prior, in natural parameters."""
    believed, information = natural(np.array(prior["mean"]), np.array(prior["variance"]))
    precision = keep * state["precision"] + (1 - keep) * believed
    mixed = keep * state["precision"] @ state["mean"] + (1 - keep) * information
    shape = keep * state["shape"] + (1 - keep) * (1 + prior["noiseWeight"] / 2)
    rate = keep * state["rate"] + (1 - keep) * prior["noiseSd"] ** 2 * prior["noiseWeight"] / 2
    return {"precision": precision, "mean": np.linalg.solve(precision, mixed), "shape": shape, "rate": rate}


def head_case(rng, dimension, count):
    prior = {
        "mean": rng.normal(size=dimension).round(3).tolist(),
        "variance": rng.uniform(0.05, 4, size=dimension).round(3).tolist(),
        "noiseSd": round(float(rng.uniform(0.3, 5)), 3),
        "noiseWeight": 20,
    }
    examples = [
        {
            "features": rng.uniform(-1, 1, size=dimension).round(4).tolist(),
            "reward": round(float(rng.normal(0.5, 3)), 4),
            "weight": int(rng.integers(1, 3)),
        }
        for _ in range(count)
    ]
    state = posterior(prior, examples)
    probe = rng.uniform(-1, 1, size=dimension).round(3)
    variance = state["rate"] / (state["shape"] - 1) * (probe @ np.linalg.solve(state["precision"], probe))
    return {
        "prior": prior,
        "examples": examples,
        "posterior": described(state),
        "prediction": {
            "features": probe.tolist(),
            "mean": float(probe @ state["mean"]),
            "variance": float(variance),
        },
        "forgetting": {"keep": 0.75, "posterior": described(forgotten(state, prior, 0.75))},
    }


def best_probability(k, means, sds):
    def density(x):
        others = [norm.cdf(x, m, s) for j, (m, s) in enumerate(zip(means, sds)) if j != k]
        return norm.pdf(x, means[k], sds[k]) * np.prod(others)

    ends = (means[k] - 9 * sds[k], means[k] + 9 * sds[k])
    corners = sorted({m + d * s for m, s in zip(means, sds) for d in (-3, 0, 3)})
    inside = [x for x in corners if ends[0] < x < ends[1]]
    return quad(density, *ends, points=inside, epsabs=1e-12, epsrel=1e-12, limit=400)[0]


def thompson_case(rng, count, low, high):
    means = rng.normal(size=count).round(3)
    sds = np.exp(rng.uniform(np.log(low), np.log(high), size=count)).round(6)
    # Variances as written are what the test reads, so that both sides start from the same doubles.
    variances = (sds**2).round(12)
    sharpness = float(rng.choice([1.0, 2.0, 4.0]))
    spread = np.sqrt(variances / sharpness)
    return {
        "means": means.tolist(),
        "variances": variances.tolist(),
        "sharpness": sharpness,
        "probabilities": [best_probability(k, means, spread) for k in range(count)],
    }


def main():
    rng = np.random.default_rng(20261123)
    about = (
        "Written by spec/generate/heads.py with numpy and scipy. Heads: compare to 1e-9 relative to the largest entry. "
        "Thompson probabilities: compare to 1e-6."
    )
    heads = [head_case(rng, *size) for size in [(1, 1), (3, 5), (8, 40)]]
    sizes = [(2, 0.5, 2), (3, 0.3, 2), (6, 0.05, 3), (12, 0.2, 0.6)]
    cases = {"about": about, "heads": heads, "thompson": [thompson_case(rng, *size) for size in sizes]}
    (CASES / "heads.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
