"""Writes spec/cases/off-policy.json: estimators by Open Bandit Pipeline, clustered standard errors by statsmodels.

    python3 spec/generate/off_policy.py

needs obp 0.5.7 (which says Python < 3.10 and works on 3.11: pip install --no-deps --ignore-requires-python obp pyieoe) beside
numpy<2, pandas<2.2, scikit-learn<1.4, scipy<1.12, torch, and statsmodels.
"""

import json
import pathlib

import numpy as np
import statsmodels.api as sm
from obp import ope

CASES = pathlib.Path(__file__).parents[1] / "cases"
CLIPS = [1.0, 1.5, 2.5, 4.0]
SHRINKS = [0.5, 2.0, 10.0, 100.0]
SUB_GAUSSIANS = [0.0, 0.05, 0.3, 1.0]


def simplex(rng, count, sharpness):
    parts = np.exp(sharpness * rng.normal(size=count))
    return parts / parts.sum()


def draw(name, seed, decisions, users, most, sharpness, noise):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, most + 1, size=decisions)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    logging = np.zeros((decisions, most))
    target = np.zeros((decisions, most))
    for i, count in enumerate(counts):
        logging[i, :count] = np.round(simplex(rng, count, 0.5), 6)
        logging[i, 0] += 1 - logging[i].sum()
        target[i, :count] = np.round(simplex(rng, count, sharpness), 6)
        target[i, 0] += 1 - target[i].sum()
    chosen = np.array([rng.choice(most, p=row) for row in logging])
    truth = rng.normal(size=(decisions, most)) * 0.5 + np.arange(most) * 0.3
    who = rng.integers(0, users, size=decisions)
    rewards = np.round(truth[np.arange(decisions), chosen] + 0.4 * (who % 3) + noise * rng.normal(size=decisions), 6)
    predictions = np.round(truth + 0.4 * rng.normal(size=truth.shape), 6)
    return {
        "name": name,
        "offsets": offsets,
        "counts": counts,
        "chosen": chosen,
        "logging": logging,
        "target": target,
        "users": who,
        "rewards": rewards,
        "predictions": predictions,
    }


def flat(case, matrix):
    return [float(matrix[i, a]) for i, count in enumerate(case["counts"]) for a in range(count)]


def values(case):
    rows = np.arange(len(case["chosen"]))
    given = dict(
        reward=case["rewards"],
        action=case["chosen"],
        pscore=case["logging"][rows, case["chosen"]],
        action_dist=case["target"][:, :, None],
        position=np.zeros(len(rows), dtype=int),
    )
    model = dict(estimated_rewards_by_reg_model=case["predictions"][:, :, None])
    modelled = dict(given, **model)
    only = {key: given[key] for key in ("action_dist", "position")}
    return {
        "ips": ope.InverseProbabilityWeighting().estimate_policy_value(**given),
        "snips": ope.SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**given),
        "dm": ope.DirectMethod().estimate_policy_value(**only, **model),
        "drUnclipped": ope.DoublyRobust().estimate_policy_value(**modelled),
        "sndr": ope.SelfNormalizedDoublyRobust().estimate_policy_value(**modelled),
        "clip": [ope.DoublyRobust(lambda_=c).estimate_policy_value(**modelled) for c in CLIPS],
        "switch": [ope.SwitchDoublyRobust(lambda_=c).estimate_policy_value(**modelled) for c in CLIPS],
        "shrink": [ope.DoublyRobustWithShrinkage(lambda_=c).estimate_policy_value(**modelled) for c in SHRINKS],
        "subGaussian": [ope.SubGaussianDoublyRobust(lambda_=c).estimate_policy_value(**modelled) for c in SUB_GAUSSIANS],
        "slope": {
            "clip": slope(ope.DoublyRobustTuning, CLIPS, modelled),
            "switch": slope(ope.SwitchDoublyRobustTuning, CLIPS, modelled),
            "shrink": slope(ope.DoublyRobustWithShrinkageTuning, SHRINKS, modelled),
            "subGaussian": slope(ope.SubGaussianDoublyRobustTuning, SUB_GAUSSIANS, modelled),
        },
    }


def slope(tuning, candidates, modelled):
    # A copy: it sorts the list it is given in place.
    tuned = tuning(lambdas=list(candidates), tuning_method="slope")
    tuned.estimate_policy_value(**modelled)
    return float(tuned.best_hyperparam)


def clustered(scores, users, weights=None):
    ones = np.ones((len(scores), 1))
    model = sm.OLS(scores, ones) if weights is None else sm.WLS(scores, ones, weights=weights)
    return float(model.fit(cov_type="cluster", cov_kwds={"groups": users}).bse[0])


def errors(case):
    rows = np.arange(len(case["chosen"]))
    weights = case["target"][rows, case["chosen"]] / case["logging"][rows, case["chosen"]]
    residuals = case["rewards"] - case["predictions"][rows, case["chosen"]]
    expected = (case["target"] * case["predictions"]).sum(axis=1)
    return {
        "ips": clustered(weights * case["rewards"], case["users"]),
        # A weight of 0 has no part in a weighted mean.
        "snips": clustered(case["rewards"][weights > 0], case["users"][weights > 0], weights[weights > 0]),
        "dm": clustered(expected, case["users"]),
        "drUnclipped": clustered(expected + weights * residuals, case["users"]),
    }


def written(case):
    rows = np.arange(len(case["chosen"]))
    estimates = values(case)
    return {
        "name": case["name"],
        "offsets": [int(x) for x in case["offsets"]],
        "chosen": [int(x) for x in case["chosen"]],
        "propensities": [float(x) for x in case["logging"][rows, case["chosen"]]],
        "loggingPolicy": flat(case, case["logging"]),
        "targetPolicy": flat(case, case["target"]),
        "users": [int(x) for x in case["users"]],
        "rewards": [float(x) for x in case["rewards"]],
        "predictions": flat(case, case["predictions"]),
        "clips": CLIPS,
        "shrinks": SHRINKS,
        "subGaussians": SUB_GAUSSIANS,
        "values": {key: round_all(value) for key, value in estimates.items()},
        "clusteredErrors": errors(case),
    }


def round_all(value):
    if isinstance(value, dict):
        return value
    return [float(v) for v in value] if isinstance(value, list) else float(value)


if __name__ == "__main__":
    cases = [
        draw("ragged, near the log", 1, 90, 70, 4, 0.5, 0.5),
        draw("ragged, far from the log", 2, 120, 50, 5, 2.0, 0.5),
        draw("two actions, noisy", 3, 90, 60, 2, 1.5, 2.0),
        draw("many actions, sharp", 4, 150, 70, 9, 2.5, 1.0),
    ]
    about = (
        "From Open Bandit Pipeline 0.5.7 (values, SLOPE's choices) and statsmodels (standard errors clustered by user); "
        "by spec/generate/off_policy.py. Compare to 1e-9."
    )
    text = json.dumps({"about": about, "cases": [written(case) for case in cases]})
    (CASES / "off-policy.json").write_text(text + "\n")
