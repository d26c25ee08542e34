"""Writes spec/cases/off-policy-units.json: slates, several loggers and moments by Open Bandit Pipeline; trajectories by numpy, step by step.

    python3 spec/generate/off_policy_units.py

needs what off_policy.py needs, without statsmodels.
"""

import itertools
import json
import pathlib

import numpy as np
from obp import ope

CASES = pathlib.Path(__file__).parents[1] / "cases"


def simplex(rng, count, sharpness):
    parts = np.exp(sharpness * rng.normal(size=count))
    return parts / parts.sum()


def rounded(values):
    return [float(x) for x in np.round(np.asarray(values, dtype=float).ravel(), 12)]


def whole(values):
    return [int(x) for x in np.asarray(values).ravel()]


def cascade(rng, positions, actions, sharpness):
    """Distributions by position given all positions before it: context and position set a level, the item before a shift."""
    levels = sharpness * rng.normal(size=(positions, actions))
    shifts = 0.5 * rng.normal(size=(actions, actions))

    def given(before):
        logits = levels[len(before)] + (shifts[before[-1]] if before else 0)
        parts = np.exp(logits - logits.max())
        return parts / parts.sum()

    return given


def marginal(given, actions, position, action):
    """Of an action at a position, whatever stands before it, by adding up all ways there."""
    total = 0.0
    for before in itertools.product(range(actions), repeat=position):
        p = np.prod([given(list(before[:k]))[a] for k, a in enumerate(before)]) if before else 1.0
        total += p * given(list(before))[action]
    return total


def slates(name, seed, count, positions, actions):
    rng = np.random.default_rng(seed)
    rows = {key: [] for key in ("action", "reward", "joint", "position", "prefix", "joint_e", "position_e", "prefix_e")}
    q_hat, distribution = [], []
    for _ in range(count):
        logging, target = cascade(rng, positions, actions, 0.4), cascade(rng, positions, actions, 0.7)
        chosen, p, q = [], 1.0, 1.0
        for k in range(positions):
            own, wanted = logging(chosen), target(chosen)
            model = np.round(rng.normal(size=actions), 6)
            action = int(rng.choice(actions, p=own))
            p, q = p * own[action], q * wanted[action]
            rows["action"].append(action)
            rows["reward"].append(np.round(0.3 * action + rng.normal(), 6))
            rows["position"].append(marginal(logging, actions, k, action))
            rows["position_e"].append(marginal(target, actions, k, action))
            rows["prefix"].append(p)
            rows["prefix_e"].append(q)
            q_hat.append(model)
            distribution.append(wanted)
            chosen.append(action)
        rows["joint"] += [p] * positions
        rows["joint_e"] += [q] * positions
    arrays = {key: np.array(value) for key, value in rows.items()}
    q_hat, distribution = np.array(q_hat), np.array(distribution)
    common = dict(slate_id=np.repeat(np.arange(count), positions), reward=arrays["reward"], position=np.tile(np.arange(positions), count))
    joint = dict(common, pscore=arrays["joint"], evaluation_policy_pscore=arrays["joint_e"])
    item = dict(
        common,
        pscore_item_position=arrays["position"],
        evaluation_policy_pscore_item_position=arrays["position_e"],
    )
    prefix = dict(common, pscore_cascade=arrays["prefix"], evaluation_policy_pscore_cascade=arrays["prefix_e"])
    many = dict(len_list=positions)
    dr = ope.SlateCascadeDoublyRobust(len_list=positions, n_unique_action=actions)
    return {
        "name": name,
        "offsets": whole(np.arange(count + 1) * positions),
        "rewards": rounded(arrays["reward"]),
        "joint": rounded(arrays["joint"][::positions]),
        "jointTarget": rounded(arrays["joint_e"][::positions]),
        "position": rounded(arrays["position"]),
        "positionTarget": rounded(arrays["position_e"]),
        "prefix": rounded(arrays["prefix"]),
        "prefixTarget": rounded(arrays["prefix_e"]),
        "predicted": rounded(q_hat[np.arange(len(q_hat)), arrays["action"]]),
        "expected": rounded((q_hat * distribution).sum(axis=1)),
        "values": {
            "sips": ope.SlateStandardIPS(**many).estimate_policy_value(**joint),
            "snsips": ope.SelfNormalizedSlateStandardIPS(**many).estimate_policy_value(**joint),
            "iips": ope.SlateIndependentIPS(**many).estimate_policy_value(**item),
            "sniips": ope.SelfNormalizedSlateIndependentIPS(**many).estimate_policy_value(**item),
            "rips": ope.SlateRewardInteractionIPS(**many).estimate_policy_value(**prefix),
            "snrips": ope.SelfNormalizedSlateRewardInteractionIPS(**many).estimate_policy_value(**prefix),
            "cascadeDr": dr.estimate_policy_value(
                action=arrays["action"],
                q_hat=q_hat.ravel(),
                evaluation_policy_action_dist=distribution.ravel(),
                **prefix,
            ),
        },
    }


def loggers(name, seed, counts, actions):
    rng = np.random.default_rng(seed)
    n = sum(counts)
    logger = np.repeat(np.arange(len(counts)), counts)
    policies = np.array([[simplex(rng, actions, 0.8) for _ in range(n)] for _ in counts])
    target = np.array([simplex(rng, actions, 0.8) for _ in range(n)])
    action = np.array([rng.choice(actions, p=policies[logger[i], i]) for i in range(n)])
    reward = np.round(0.4 * action + rng.normal(size=n), 6)
    model = np.round(rng.normal(size=(n, actions)), 6)
    at = np.arange(n)
    own = policies[logger, at, action]
    average = sum(count / n * policies[k, at, action] for k, count in enumerate(counts))
    given = dict(reward=reward, action=action, action_dist=target[:, :, None], position=np.zeros(n, dtype=int))
    modelled = dict(given, estimated_rewards_by_reg_model=model[:, :, None])
    strata = dict(pscore=own, stratum_idx=logger)
    return {
        "name": name,
        "loggers": whole(logger),
        "chosen": whole(action),
        "rewards": rounded(reward),
        "propensities": rounded(own),
        "byLogger": [rounded(policies[k, at, action]) for k in range(len(counts))],
        "targetPolicy": rounded(target),
        "predictions": rounded(model),
        "values": {
            "naiveIps": ope.MultiLoggersNaiveInverseProbabilityWeighting().estimate_policy_value(pscore=own, **given),
            "balancedIps": ope.MultiLoggersBalancedInverseProbabilityWeighting().estimate_policy_value(
                pscore_avg=average, **given
            ),
            "weightedIps": ope.MultiLoggersWeightedInverseProbabilityWeighting().estimate_policy_value(**strata, **given),
            "naiveDr": ope.MultiLoggersNaiveDoublyRobust().estimate_policy_value(pscore=own, **modelled),
            "balancedDr": ope.MultiLoggersBalancedDoublyRobust().estimate_policy_value(pscore_avg=average, **modelled),
            "weightedDr": ope.MultiLoggersWeightedDoublyRobust().estimate_policy_value(**strata, **modelled),
        },
    }


def moments(name, seed, n, kernel, bandwidth):
    rng = np.random.default_rng(seed)
    centre, spread = rng.uniform(8, 18, size=n), 3.0
    logged = centre + spread * rng.normal(size=n)
    density = np.exp(-(((logged - centre) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    target = centre + rng.normal(size=n)
    reward = np.round(np.cos(2 * np.pi * logged / 24) + 0.3 * rng.normal(size=n), 6)
    model = np.round(np.cos(2 * np.pi * target / 24) + 0.2 * rng.normal(size=n), 6)
    given = dict(
        reward=reward,
        action_by_behavior_policy=logged,
        pscore=density,
        action_by_evaluation_policy=target,
    )
    kind = dict(kernel=kernel, bandwidth=bandwidth)
    return {
        "name": name,
        "kernel": kernel,
        "bandwidth": bandwidth,
        "logged": [float(x) for x in logged],
        "densities": [float(x) for x in density],
        "target": [float(x) for x in target],
        "rewards": rounded(reward),
        "predictions": rounded(model),
        "values": {
            "ips": ope.KernelizedInverseProbabilityWeighting(**kind).estimate_policy_value(**given),
            "snips": ope.KernelizedSelfNormalizedInverseProbabilityWeighting(**kind).estimate_policy_value(**given),
            "dr": ope.KernelizedDoublyRobust(**kind).estimate_policy_value(
                estimated_rewards_by_reg_model=model, **given
            ),
        },
    }


def trajectories(name, seed, users, most, gamma):
    """Users with unlike numbers of decisions at unlike times; every estimator written out user by user and step by step."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, most + 1, size=users)
    data = []
    for length in lengths:
        days = np.cumsum(rng.uniform(0.5, 2, size=length))
        days -= days[0]
        data.append(
            dict(
                discount=gamma**days,
                ratio=np.exp(0.3 * rng.normal(size=length)),
                reward=rng.normal(size=length) + 0.5,
                q=rng.normal(size=length),
                v=rng.normal(size=length),
            )
        )
    for user in data:
        user["w"] = np.cumprod(user["ratio"])
        user["before"] = np.concatenate([[1.0], user["w"][:-1]])

    def at(user, key, step):
        """What a user who has left counts: nothing more of rewards, and the weight he left with."""
        if step < len(user["w"]):
            return user[key][step]
        return user["w"][-1] if key in ("w", "before") else 0.0

    returns = [float(np.sum(user["discount"] * user["reward"])) for user in data]
    ends = [user["w"][-1] for user in data]
    pdis = np.mean([np.sum(user["w"] * user["discount"] * user["reward"]) for user in data])
    doubly = []
    for user in data:
        value = 0.0
        for step in reversed(range(len(user["w"]))):
            later = user["discount"][step + 1] / user["discount"][step] if step + 1 < len(user["w"]) else 0.0
            value = user["v"][step] + user["ratio"][step] * (user["reward"][step] + later * value - user["q"][step])
        doubly.append(value)
    steady, robust = 0.0, 0.0
    for step in range(most):
        w = np.array([at(user, "w", step) for user in data])
        before = np.array([at(user, "before", step) for user in data])
        gained = np.array([at(user, "discount", step) * at(user, "reward", step) for user in data])
        q = np.array([at(user, "discount", step) * at(user, "q", step) for user in data])
        v = np.array([at(user, "discount", step) * at(user, "v", step) for user in data])
        steady += np.sum(w * gained) / np.sum(w)
        robust += np.sum(before * v) / np.sum(before) + np.sum(w * (gained - q)) / np.sum(w)
    flat = lambda key: [float(x) for user in data for x in user[key]]
    return {
        "name": name,
        "offsets": whole(np.concatenate([[0], np.cumsum(lengths)])),
        "discounts": flat("discount"),
        "ratios": flat("ratio"),
        "rewards": flat("reward"),
        "predicted": flat("q"),
        "expected": flat("v"),
        "values": {
            "tis": float(np.mean(np.array(ends) * returns)),
            "sntis": float(np.sum(np.array(ends) * returns) / np.sum(ends)),
            "pdis": float(pdis),
            "snpdis": float(steady),
            "dr": float(np.mean(doubly)),
            "sndr": float(robust),
            "fqe": float(np.mean([user["v"][0] for user in data])),
        },
    }


def main():
    content = {
        "about": "Slates, loggers and moments from Open Bandit Pipeline 0.5.7, trajectories from numpy; by spec/generate/off_policy_units.py. Compare to 1e-9.",
        "slates": [slates("three positions", 1, 40, 3, 4), slates("one position", 2, 25, 1, 3), slates("five positions", 3, 30, 5, 2)],
        "loggers": [loggers("three of unlike size", 4, [30, 12, 20], 4), loggers("two", 5, [25, 25], 2)],
        "moments": [
            moments(f"{kernel}, {bandwidth}", 6 + i, 60, kernel, bandwidth)
            for i, (kernel, bandwidth) in enumerate(
                itertools.product(["gaussian", "epanechnikov", "triangular", "cosine"], [0.8, 2.5])
            )
        ],
        "trajectories": [trajectories("up to six steps", 20, 40, 6, 0.9), trajectories("one step", 21, 20, 1, 0.9), trajectories("undiscounted", 22, 30, 10, 1.0)],
    }
    for part in ("slates", "loggers", "moments"):
        for case in content[part]:
            case["values"] = {key: float(value) for key, value in case["values"].items()}
    path = CASES / "off-policy-units.json"
    path.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
