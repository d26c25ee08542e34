"""Writes spec/cases/effects.json: effects of experiments with their standard errors.

    python3 spec/generate/effects.py

Needs NumPy, SciPy and statsmodels. From statsmodels: regressions per arm, Kaplan-Meier, cumulative incidence, Newcombe. From SciPy: Fisher's test, binomial
quantiles, multivariate normal probabilities. The rest by plain formulas on full matrices: cluster-robust variances from hat
matrices, slopes of decompositions by complex steps.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm
from scipy import integrate, optimize, stats
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight
from statsmodels.stats.proportion import confint_proportions_2indep

CASES = pathlib.Path(__file__).parents[1] / "cases"
rng = np.random.default_rng(20261124)


def rows_of(n, shift, dimension=3):
    x = rng.gamma(2, 1.5, size=(n, dimension - 1))
    y = shift + x @ np.linspace(1.2, -0.4, dimension - 1) * (1 + 0.3 * shift) + rng.normal(size=n) * 1.5
    return np.column_stack([y, x]).round(4)


def lin(treated, control):
    """Column 0 on the rest, slopes per arm."""
    both = np.vstack([treated, control])
    n, p = len(both), both.shape[1] - 1
    centre = both[:, 1:].mean(axis=0)
    parts = []
    for arm in (treated, control):
        fit = sm.OLS(arm[:, 0], sm.add_constant(arm[:, 1:] - centre, has_constant="add")).fit()
        parts.append((fit.params[0], fit.params[1:], fit.scale, len(arm)))
    (a1, b1, s1, n1), (a0, b0, s0, n0) = parts
    spread = np.cov(both[:, 1:], rowvar=False).reshape(p, p)
    shared = (b1 - b0) @ spread @ (b1 - b0) / n
    v1, v0 = s1 / n1, s0 / n0
    variance = v1 + v0 + shared
    dof = variance**2 / (v1**2 / (n1 - 1 - p) + v0**2 / (n0 - 1 - p) + shared**2 / (n - 1))
    # The interacted regression must give the same effect.
    t = np.r_[np.ones(n1), np.zeros(n0)]
    xc = both[:, 1:] - centre
    whole = sm.OLS(both[:, 0], np.column_stack([np.ones(n), t, xc, xc * t[:, None]])).fit()
    assert abs(whole.params[1] - (a1 - a0)) < 1e-10
    with_base = (b1 - b0) @ np.cov(control, rowvar=False)[0, 1:] / n - s0 / n0
    return {"effect": a1 - a0, "stdError": variance**0.5, "dof": dof, "adjusted": [a1, a0], "baseCovariance": with_base}


def pooled(treated, control):
    both = np.vstack([treated, control])
    n, p = len(both), both.shape[1] - 1
    whole = np.cov(both, rowvar=False)
    theta = np.linalg.solve(whole[1:, 1:], whole[1:, 0])
    flat = [arm[:, 0] - arm[:, 1:] @ theta for arm in (treated, control)]
    factor = (n - 2) / (n - 2 - p)
    variance = sum(f.var(ddof=1) / len(f) for f in flat) * factor
    return {"effect": flat[0].mean() - flat[1].mean(), "stdError": variance**0.5}


def linearised(arm, m=0, d=1):
    ratio = arm[:, m].sum() / arm[:, d].sum()
    return ratio + (arm[:, m] - ratio * arm[:, d]) / arm[:, d].mean()


def relative(effect, variance, base, base_variance, covariance):
    m1 = base + effect
    log_variance = variance / m1**2 + base_variance * (1 / m1 - 1 / base) ** 2 + 2 * covariance * (1 / m1) * (1 / m1 - 1 / base)
    log = np.log(m1 / base)
    half = stats.norm.ppf(0.975) * log_variance**0.5
    return {"effect": effect / base, "logStdError": log_variance**0.5, "low": np.exp(log - half) - 1, "high": np.exp(log + half) - 1}


def mean_cases():
    cases = []
    for kind, sizes, dimension in (("lin", (60, 75), 3), ("lin", (52, 140), 2), ("pooled", (14, 60), 3), ("pooled", (8, 9), 2)):
        a, b = rows_of(sizes[0], 0.7, dimension), rows_of(sizes[1], 0, dimension)
        a[:, 0] += 9
        b[:, 0] += 9
        answer = lin(a, b) if kind == "lin" else pooled(a, b)
        if kind == "lin":
            base, base_variance = b[:, 0].mean(), b[:, 0].var(ddof=1) / len(b)
            answer["relative"] = relative(answer["effect"], answer["stdError"] ** 2, base, base_variance, answer["baseCovariance"])
        plain = stats.ttest_ind(a[:, 0], b[:, 0], equal_var=False)
        unadjusted = {"effect": a[:, 0].mean() - b[:, 0].mean(), "dof": plain.df, "pValue": plain.pvalue}
        cases.append({"kind": kind, "treatment": a.tolist(), "control": b.tolist(), **answer, "unadjusted": unadjusted})
    return cases


def ratio_cases():
    def arm(n, shift):
        ability = rng.gamma(3, 0.4, size=n)
        d, xd = rng.poisson(3 * ability) + 1, rng.poisson(3 * ability) + 1
        return np.column_stack([rng.poisson(d * (0.4 + shift + 0.3 * ability)), d, rng.poisson(xd * (0.4 + 0.3 * ability)), xd]).astype(float)

    cases = []
    for sizes in ((70, 90), (55, 200)):
        a, b = arm(sizes[0], 0.15), arm(sizes[1], 0)
        both = np.vstack([a, b])
        past = both[:, 2].sum() / both[:, 3].sum()
        flat = lambda rows: np.column_stack([linearised(rows), (rows[:, 2] - past * rows[:, 3]) / both[:, 3].mean()])
        plain = [linearised(rows) for rows in (a, b)]
        unadjusted = {
            "effect": plain[0].mean() - plain[1].mean(),
            "stdError": sum(z.var(ddof=1) / len(z) for z in plain) ** 0.5,
        }
        answer = lin(flat(a), flat(b))
        cases.append({"treatment": a.tolist(), "control": b.tolist(), "effect": answer["effect"], "stdError": answer["stdError"], "unadjusted": unadjusted})
    return cases


def proportion_cases():
    cases = []
    for a, b in (((3, 10), (0, 12)), ((1, 25), (7, 22)), ((2, 400), (5, 380)), ((0, 9), (0, 7))):
        table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
        exact = {k: stats.fisher_exact(table, alternative=v)[1] for k, v in (("greater", "greater"), ("less", "less"), ("different", "two-sided"))}
        low, high = confint_proportions_2indep(a[0], a[1], b[0], b[1], method="newcomb", compare="diff")
        cases.append({"treatment": a, "control": b, "exact": exact, "low": low, "high": high})
    return cases


def cluster_cases():
    def clusters(count):
        sizes = rng.integers(1, 30, size=count)
        return [(float((rng.normal(rng.normal(2, 0.5), 1, size=s)).sum().round(4)), int(s)) for s in sizes]

    cases = []
    for counts in ((6, 9), (12, 5), (25, 30)):
        arms = [clusters(c) for c in counts]
        # User-level design with an intercept per arm; a cluster's users share its mean, which the sums cannot tell apart.
        sizes = [s for arm in arms for _, s in arm]
        arm_of = np.repeat([0, 1], counts)
        owner = np.repeat(np.arange(len(sizes)), sizes)
        means = np.array([m / s for arm in arms for m, s in arm])
        y = means[owner]
        x = np.column_stack([arm_of[owner] == 0, arm_of[owner] == 1]).astype(float)
        bread = np.linalg.inv(x.T @ x)
        beta = bread @ x.T @ y
        residual = y - x @ beta
        contrast = np.array([1.0, -1.0])
        hat = x @ bread @ x.T
        n, small = len(y), sum(counts) < 40
        scores, columns = [], []
        for g in range(len(sizes)):
            at = owner == g
            inner = np.eye(at.sum()) - hat[np.ix_(at, at)]
            values, vectors = np.linalg.eigh(inner)
            root = vectors @ np.diag(values**-0.5) @ vectors.T
            own = root @ x[at] @ bread @ contrast if small else x[at] @ bread @ contrast
            scores.append(own @ residual[at])
            columns.append((np.eye(n) - hat)[:, at] @ own)
        scores = np.array(scores)
        if small:
            variance = (scores**2).sum()
            form = np.array(columns) @ np.array(columns).T
            dof = np.trace(form) ** 2 / (form**2).sum()
        else:
            parts = [(scores[arm_of == k] ** 2).sum() * counts[k] / (counts[k] - 1) for k in (0, 1)]
            variance = sum(parts)
            dof = variance**2 / sum(v**2 / (c - 1) for v, c in zip(parts, counts))
        cases.append({"treatment": arms[0], "control": arms[1], "effect": contrast @ beta, "stdError": variance**0.5, "dof": dof})
    return cases


def survival_cases():
    cases = []
    for n, scale in ((25, 6.0), (60, 3.0)):
        time = np.minimum(rng.exponential(scale, size=n), 10).round(1)
        cause = np.where(time >= 10, 0, rng.choice([0, 1, 2], p=[0.25, 0.5, 0.25], size=n))
        curve = SurvfuncRight(time, cause > 0)
        horizon = 4.0
        at = np.searchsorted(curve.surv_times, horizon, side="right") - 1
        s, se = curve.surv_prob[at], curve.surv_prob_se[at]
        half = stats.norm.ppf(0.975) * se / (s * abs(np.log(s)))
        interval = [s ** np.exp(half), s ** np.exp(-half)]
        keep = curve.surv_times < horizon
        grid = np.r_[0, curve.surv_times[keep], horizon]
        areas = np.r_[1, curve.surv_prob[keep]] * np.diff(grid)
        after = np.array([areas[i + 1 :].sum() for i in range(keep.sum())])
        y, d = curve.n_risk[keep], curve.n_events[keep]
        variance = (after**2 * d / (y * (y - d))).sum()
        incidence = []
        both = CumIncidenceRight(time, cause)
        for k in (1, 2):
            at = np.searchsorted(both.times, horizon, side="right") - 1
            incidence.append([both.cinc[k - 1][at], both.cinc_se[k - 1][at]])
        cases.append({
            "rows": [[float(t), int(c)] for t, c in zip(time, cause)],
            "horizon": horizon,
            "survival": [s, se, *interval],
            "restrictedMean": [areas.sum(), variance**0.5],
            "incidence": incidence,
        })
    return cases


def quantile_cases():
    def places(n, q):
        k = np.arange(0, n + 2)
        return stats.binom.pmf(k, n + 1, q)

    cases = []
    for sizes, q in (((40, 55), 0.5), ((200, 120), 0.9), ((90, 90), 0.25)):
        samples = [np.sort(rng.gamma(2, 3, size=s).round(3)) for s in sizes]
        own = []
        for x in samples:
            low, high = (int(stats.binom.ppf(p, len(x) + 1, q)) for p in (0.025, 0.975))
            own.append([float(np.quantile(x, q)), x[low - 1], x[high - 1]])
        value = [x[np.clip(np.arange(0, len(x) + 2), 1, len(x)) - 1] for x in samples]
        chance = np.outer(places(sizes[0], q), places(sizes[1], q)).ravel()
        difference = (value[0][:, None] - value[1][None, :]).ravel()
        order = np.argsort(difference)
        cumulative = np.cumsum(chance[order])
        ends = [difference[order][np.searchsorted(cumulative, p)] for p in (0.025, 0.975)]
        cases.append({"treatment": samples[0].tolist(), "control": samples[1].tolist(), "share": q, "own": own, "difference": ends})
    return cases


def complex_step(f, at):
    return np.array([f(np.array([a + (1e-30j if i == k else 0) for i, a in enumerate(at)])).imag / 1e-30 for k in range(len(at))])


def decomposition_cases():
    arms = []
    for _ in range(2):
        n = rng.integers(20, 80, size=3)
        arms.append([(int(k), round(float(rng.normal(3, 1)), 3), round(float(rng.uniform(20, 90)), 3)) for k in n])
    n = [sum(k for k, _, _ in arm) for arm in arms]
    shares = [np.array([k for k, _, _ in arm]) / total for arm, total in zip(arms, n)]
    means = [np.array([m for _, m, _ in arm]) for arm in arms]
    at = np.concatenate([shares[0], means[0], shares[1], means[1]])
    covariance = np.zeros((12, 12))
    for arm, start in zip((0, 1), (0, 6)):
        w = shares[arm]
        covariance[start : start + 3, start : start + 3] = (np.diag(w) - np.outer(w, w)) / n[arm]
        covariance[start + 3 : start + 6, start + 3 : start + 6] = np.diag([m2 / (k - 1) / k for k, _, m2 in arms[arm]])
    split = lambda v: (v[:3], v[3:6], v[6:9], v[9:12])
    mix = lambda v, s: ((split(v)[0] - split(v)[2]) * (split(v)[1] + split(v)[3]) / 2)[s]
    rate = lambda v, s: ((split(v)[1] - split(v)[3]) * (split(v)[0] + split(v)[2]) / 2)[s]
    whole = slice(0, 3)
    answers = {}
    for name, f in (
        ("mix", lambda v: mix(v, whole).sum()),
        ("rate", lambda v: rate(v, whole).sum()),
        ("mix0", lambda v: mix(v, 0)),
        ("rate2", lambda v: rate(v, 2)),
        ("total", lambda v: mix(v, whole).sum() + rate(v, whole).sum()),
    ):
        slope = complex_step(f, at)
        answers[name] = [float(np.real(f(at.astype(complex)))), float((slope @ covariance @ slope) ** 0.5)]
    return {"treatment": arms[0], "control": arms[1], **answers}


def funnel_case():
    def arm(n, lift):
        c1 = rng.binomial(5, 0.7, size=n)
        c2 = rng.binomial(c1, 0.5 + lift)
        return np.column_stack([c1, c2, (c2 * rng.gamma(2, 4, size=n)).round(2)]).astype(float)

    a, b = arm(60, 0.1), arm(80, 0)
    at = np.concatenate([a.mean(axis=0), b.mean(axis=0)])
    covariance = np.zeros((6, 6))
    covariance[:3, :3], covariance[3:, 3:] = np.cov(a, rowvar=False) / len(a), np.cov(b, rowvar=False) / len(b)

    def step(i):
        def value(v):
            scale = (v[2] - v[5]) / np.log(v[2] / v[5])
            before = 0 if i == 0 else np.log(v[i - 1] / v[i + 2])
            return scale * (np.log(v[i] / v[i + 3]) - before)

        return value

    steps = []
    for i in range(3):
        slope = complex_step(step(i), at)
        steps.append([float(np.real(step(i)(at.astype(complex)))), float((slope @ covariance @ slope) ** 0.5)])
    total = [at[2] - at[5], (covariance[2, 2] + covariance[5, 5]) ** 0.5]
    return {"treatment": a.tolist(), "control": b.tolist(), "steps": steps, "total": total}


def complier_case():
    def arm(n, chance):
        able = rng.uniform(size=n) < 0.6
        got = (able & (rng.uniform(size=n) < chance)).astype(float)
        return np.column_stack([(3 + able + 0.8 * got + rng.normal(size=n)).round(4), got])

    a, b = arm(90, 0.95), arm(70, 0.05)
    ca, cb = np.cov(a, rowvar=False) / len(a), np.cov(b, rowvar=False) / len(b)
    itt, receipt = a.mean(axis=0) - b.mean(axis=0)
    c = ca + cb
    ratio = itt / receipt
    se = (c[0, 0] + ratio**2 * c[1, 1] - 2 * ratio * c[0, 1]) ** 0.5 / receipt
    v1, v0 = ca[0, 0], cb[0, 0]
    dof = (v1 + v0) ** 2 / (v1**2 / (len(a) - 1) + v0**2 / (len(b) - 1))
    t = stats.t.ppf(0.975, dof)
    far = lambda r: (itt - r * receipt) ** 2 - t**2 * (c[0, 0] + r * r * c[1, 1] - 2 * r * c[0, 1])
    low, high = optimize.brentq(far, ratio - 20, ratio, xtol=1e-14), optimize.brentq(far, ratio, ratio + 20, xtol=1e-14)
    return {"treatment": a.tolist(), "control": b.tolist(), "effect": ratio, "stdError": se, "fieller": [low, high]}


def bayes_cases():
    cases = []
    for effects, own, shared, tau in (
        ([0.3], [0.04], 0.05, 0.5),
        ([0.3, 0.1], [0.04, 0.01], 0.05, 0.5),
        ([0.2, 0.25, -0.1], [0.02, 0.03, 0.5], 0.01, 0.2),
        ([-0.4, -0.5], [0.01, 0.01], 0.02, 1.0),
    ):
        k = len(effects)
        data = np.diag(own) + shared
        precision = np.linalg.inv(data) + np.eye(k) / tau**2
        covariance = np.linalg.inv(precision)
        mean = covariance @ np.linalg.solve(data, effects)

        def orthant(m, c):
            return float(stats.multivariate_normal.cdf(np.zeros(len(m)), mean=-m, cov=c, abseps=1e-9, releps=1e-9, maxpts=10**7))

        best = [orthant(-mean, covariance)]
        for i in range(k):
            # Differences to all others and to the control at 0.
            rows = [np.eye(k)[i] - np.eye(k)[j] for j in range(k) if j != i] + [np.eye(k)[i]]
            t = np.array(rows)
            best.append(orthant(t @ mean, t @ covariance @ t.T))
        below = lambda x: float(stats.multivariate_normal.cdf(np.full(k, x), mean=mean, cov=covariance, abseps=1e-10, releps=1e-10))
        top = max(mean) + 9 * max(np.diag(covariance)) ** 0.5
        largest = integrate.quad(lambda x: 1 - below(x), 0, top, epsabs=1e-9, limit=200)[0]
        cases.append({
            "effects": effects, "ownVariances": own, "controlVariance": shared, "priorSd": tau,
            "best": best, "loss": [largest, *(largest - mean)],
        })
    return cases


def adaptive_case():
    rows, mean, count = [], {"treatment": 0.0, "control": 0.0}, {"treatment": 0, "control": 0}
    for t in range(80):
        lead = mean["treatment"] > mean["control"]
        p = 0.5 if t < 10 else (0.8 if lead else 0.2)
        chosen = "treatment" if rng.uniform() < p else "control"
        outcome = round(float(rng.normal(1.4 if chosen == "treatment" else 1, 1)), 4)
        rows.append([chosen, p, 1 - p, outcome])
        count[chosen] += 1
        mean[chosen] += (outcome - mean[chosen]) / count[chosen]
    answer = {}
    for arm, place in (("treatment", 1), ("control", 2)):
        scores, weights, seen = [], [], []
        for row in rows:
            guess = np.mean(seen) if seen else 0.0
            hit = row[0] == arm
            scores.append(guess + (row[3] - guess) / row[place] * hit)
            weights.append(row[place] ** 0.5)
            if hit:
                seen.append(row[3])
        w, g = np.array(weights), np.array(scores)
        q = (w * g).sum() / w.sum()
        answer[arm] = (q, (w**2 * (g - q) ** 2).sum() / w.sum() ** 2)
    (a, va), (b, vb) = answer["treatment"], answer["control"]
    return {"rows": rows, "effect": a - b, "stdError": (va + vb) ** 0.5}


def joint_case():
    """Two metrics on one covariate: residuals and slopes of both arms together."""
    a, b = rows_of(70, 0.6), rows_of(90, 0)
    for arm in (a, b):
        arm[:, 1] = (arm[:, 1] + arm[:, 2]).round(4)
    both = np.vstack([a, b])
    covariance = np.zeros((2, 2))
    differences = np.zeros((2, 1))
    for arm in (a, b):
        x = sm.add_constant(arm[:, 2:])
        fits = [sm.OLS(arm[:, m], x).fit() for m in (0, 1)]
        residual = np.column_stack([f.resid for f in fits])
        covariance += residual.T @ residual / (len(arm) - 2) / len(arm)
        differences += (1 if arm is a else -1) * np.array([f.params[1:] for f in fits])
    covariance += differences @ np.atleast_2d(both[:, 2].var(ddof=1)) @ differences.T / len(both)
    return {"treatment": a.tolist(), "control": b.tolist(), "covariance": [covariance[0, 0], covariance[1, 0], covariance[1, 1]]}


def interaction_case():
    """A saturated regression with HC2, which in four cells is the sum of s^2 / n."""
    cells = [rng.gamma(2, 1.5 + 0.4 * i, size=n).round(4) for i, n in enumerate((30, 45, 25, 60))]
    y = np.concatenate(cells)
    first = np.repeat([1, 0, 1, 0], [len(c) for c in cells])
    second = np.repeat([1, 1, 0, 0], [len(c) for c in cells])
    fit = sm.OLS(y, np.column_stack([np.ones(len(y)), first, second, first * second])).fit(cov_type="HC2")
    return {"cells": [c.tolist() for c in cells], "effect": fit.params[3], "stdError": fit.bse[3]}


def novelty_case():
    days = np.array([0, 1, 2, 4])
    def arm(n, lift):
        return (rng.gamma(2, 1, size=(n, 1)) + lift * np.exp(-days / 2) + rng.normal(size=(n, 4))).round(4)
    a, b = arm(25, 1.5), arm(40, 0)
    slopes = [np.polyfit(days, rows.T, 1)[0] for rows in (a, b)]
    test = stats.ttest_ind(*slopes, equal_var=False)
    effect = slopes[0].mean() - slopes[1].mean()
    return {"treatment": a.tolist(), "control": b.tolist(), "days": days.tolist(), "effect": effect, "stdError": effect / test.statistic, "dof": test.df}


def event_case():
    users = [rng.normal(rng.normal(), 0.5, size=rng.integers(1, 9)).round(4) for _ in range(60)]
    share, events = 0.75, np.concatenate(users)
    quantile = np.quantile(events, share)
    below, count = np.array([(u <= quantile).sum() for u in users]), np.array([len(u) for u in users])
    ratio = below.sum() / count.sum()
    variance = ((below - ratio * count) / count.mean()).var(ddof=1) / len(users)
    size = min(len(events), round(max(ratio * (1 - ratio), share * (1 - share)) / variance))
    places = [int(stats.binom.ppf(p, size + 1, share)) for p in (0.025, 0.975)]
    # A place among `size` independent values, of which the k-th has k / (size + 1) below it on average.
    ends = [np.sort(events)[round(k * (len(events) + 1) / (size + 1)) - 1] for k in places]
    return {"users": [u.tolist() for u in users], "share": share, "effectiveSize": size, "ends": ends}


def prior_case():
    past = [[round(float(e), 3), round(float(s), 3)] for e, s in zip(rng.normal(0, 0.5, 12), rng.uniform(0.1, 0.6, 12))]
    far = lambda v: sum(e * e / (s * s + v) for e, s in past) - len(past)
    tau = optimize.brentq(far, 0, 10, xtol=1e-15) ** 0.5
    effect, se = past[0]
    precision = 1 / se**2 + 1 / tau**2
    mean, sd = effect / se**2 / precision, precision**-0.5
    loss = integrate.quad(lambda x: -x * stats.norm.pdf(x, mean, sd), mean - 12 * sd, min(0, mean + 12 * sd), epsabs=1e-13)[0]
    return {"past": past, "sd": tau, "posterior": [mean, sd, stats.norm.sf(0, mean, sd), loss]}


def phase_case():
    parts, effect, variance, spread, units = [], 0, 0, 0, 0
    for n1, n0, base in ((12, 40, 1), (30, 30, 4)):
        a, b = (rng.gamma(2, 1, size=n) + base for n in (n1, n0))
        a, b = a.round(4), b.round(4)
        test = stats.ttest_ind(a, b, equal_var=False)
        parts.append([a.tolist(), b.tolist()])
        units += n1 + n0
        d = a.mean() - b.mean()
        effect += (n1 + n0) * d
        own = ((n1 + n0) * d / test.statistic) ** 2
        variance += own
        spread += own**2 / test.df
    return {"phases": parts, "effect": effect / units, "stdError": variance**0.5 / units, "dof": variance**2 / spread}


def main():
    cases = {
        "about": "Written by spec/generate/effects.py with NumPy, SciPy and statsmodels. Effects and standard errors: compare to 1e-7 relative; P(best) to 1e-6.",
        "mean": mean_cases(),
        "ratio": ratio_cases(),
        "proportion": proportion_cases(),
        "cluster": cluster_cases(),
        "survival": survival_cases(),
        "quantile": quantile_cases(),
        "segment": decomposition_cases(),
        "funnel": funnel_case(),
        "complier": complier_case(),
        "best": bayes_cases(),
        "adaptive": adaptive_case(),
        "joint": joint_case(),
        "interaction": interaction_case(),
        "novelty": novelty_case(),
        "events": event_case(),
        "prior": prior_case(),
        "phased": phase_case(),
    }
    plain = lambda o: o.item() if isinstance(o, np.generic) else o.tolist()
    (CASES / "effects.json").write_text(json.dumps(cases, default=plain) + "\n")


if __name__ == "__main__":
    main()
