"""Writes spec/cases/policy-artifact.json and policy-artifact-sends.json: policy artifacts whose checks are computed by plain formulas.

python3 spec/generate/artifact.py; needs nothing beyond Python.
"""

import json
import math
import pathlib
import random

SCORE = json.dumps(["number", "opportunity", "score", 0.5, 0.5, False, None], separators=(",", ":"))
ORDERS = json.dumps(["number", "user", "orders", 1, 2, False, None], separators=(",", ":"))
BASELINE = [{"name": "intercept", "meaning": ""}, {"name": "visits 7 d", "meaning": ""}]
ACTION = [
    {"name": "send", "meaning": ""},
    {"name": "channel=push", "meaning": ""},
    {"name": "user.orders", "meaning": ORDERS},
    {"name": "opportunity.score", "meaning": SCORE},
]
PRESSURE = [{"name": name, "meaning": ""} for name in ("always", "fatigue", "fatigue elsewhere", "unanswered", "newcomer")]
CONVERSION = {"events": ["Order Completed"], "aggregate": "sum", "valueProperty": "revenue", "windowHours": 72}
ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": lambda x: max(0.0, x),
    "tanh": math.tanh,
    "silu": lambda x: x / (1 + math.exp(-x)),
}


def layer(rng: random.Random, inputs: int, outputs: int, activation: str) -> dict:
    weights = [[round(rng.uniform(-1, 1), 3) for _ in range(inputs)] for _ in range(outputs)]
    return {"weights": weights, "bias": [round(rng.uniform(-0.5, 0.5), 3) for _ in range(outputs)], "activation": activation}


def through(layers: list, values: list) -> list:
    for each in layers:
        activate = ACTIVATIONS[each["activation"]]
        values = [
            activate(bias + sum(w * v for w, v in zip(row, values, strict=True)))
            for row, bias in zip(each["weights"], each["bias"], strict=True)
        ]
    return values


def dot(a: list, b: list) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def effect(artifact: dict, part: dict, baseline: list, action: list) -> float:
    send = through(artifact["layers"], baseline + action)
    hold = through(artifact["layers"], baseline + [0.0] * len(action))
    return dot(part["direct"], action) + dot(part["out"], [s - h for s, h in zip(send, hold, strict=True)])


def log_odds(artifact: dict, part: dict, baseline: list, action: list) -> float:
    return part["level"] + dot(part["direct"], action) + dot(part["out"], through(artifact["layers"], baseline + action))


def loss(artifact: dict, part: dict, row: dict) -> float:
    names = [each["name"] for each in artifact["inputs"]["pressure"]]
    weights = [w if name == "always" else max(0.0, w) for name, w in zip(names, part["pressure"], strict=True)]
    hold = through(artifact["layers"], row["baseline"] + [0.0] * len(row["action"]))
    return dot(weights, row["pressure"]) + dot(part["user"], row["baseline"]) + dot(part["out"], hold)


def all_log_odds(artifact: dict, row: dict) -> dict:
    """Whatever has log odds, by the name that checks know it by."""
    at = (row["baseline"], row["action"])
    found = {"answers": log_odds(artifact, artifact["answers"], *at)}
    for name, told in artifact["objectives"].items():
        if "outcomes" in told:
            found[f"outcomes of {name}"] = log_odds(artifact, told["outcomes"], *at)
        for channel, causes in told.get("losses", {}).items():
            for cause, part in causes.items():
                found[f"loss of {channel} by {cause}"] = loss(artifact, part, row)
    return found


def empty(rng: random.Random) -> dict:
    """An artifact of inputs and layers alone."""
    layers = [layer(rng, 6, 5, "silu"), layer(rng, 5, 4, "tanh"), layer(rng, 4, 3, "relu"), layer(rng, 3, 2, "identity")]
    return {
        "format": "paloma-policy-artifact",
        "formatVersion": 1,
        "name": "case",
        "encoding": 2,
        "inputs": {"baseline": BASELINE, "action": ACTION},
        "layers": layers,
    }


def row(rng: random.Random) -> dict:
    baseline = [1.0, round(rng.uniform(0, 2), 3)]
    return {"baseline": baseline, "action": [1.0, float(rng.random() < 0.5), round(rng.uniform(-2, 2), 3), round(rng.uniform(-1, 1), 3)]}


def effects_case() -> dict:
    """For an objective of the model `effect`."""
    rng = random.Random(7)
    artifact = empty(rng)
    conversion = {**CONVERSION, "direct": [0.2, -0.1, 0.05, 0.3], "out": [0.8, -0.5], "scaleSd": 0.3, "residualSd": 0.05}
    artifact["objectives"] = {"conversion": conversion}
    artifact["checks"] = []
    for _ in range(6):
        at = row(rng)
        artifact["checks"].append({**at, "effects": {"conversion": effect(artifact, conversion, at["baseline"], at["action"])}})
    return artifact


def sends_case() -> dict:
    """For objectives of the models `response` and `hazard`."""
    rng = random.Random(11)
    artifact = empty(rng)
    artifact["inputs"] = {**artifact["inputs"], "pressure": PRESSURE}
    artifact["answers"] = {
        "windowHours": 72,
        **{"level": -2.2, "levelSd": 0.3, "direct": [0.0, 0.4, 0.3, -0.2], "out": [1.1, -0.7], "scaleSd": 0.3, "residualSd": 0.1},
    }
    beside = {"direct": [0.1, 0.0, -0.05, 0.1], "out": [0.4, 0.2], "scaleSd": 0.5, "residualSd": 0.04}
    conversion = {
        "model": "response",
        **CONVERSION,
        "outcomes": {"level": -2.8, "levelSd": 0.3, "direct": [0.0, -0.2, 0.5, 0.4], "out": [-0.3, 0.9], "scaleSd": 0.3, "residualSd": 0.1},
        "worth": {"mean": 18.5, "trials": 40},
        "factors": {"push": {"mean": 1.4, "sd": 0.2}, "email": {"mean": 1.1, "sd": 0.2}},
        "beside": beside,
    }
    push_disabled = {"pressure": [-5.4, 0.3, -0.2, 0.15, 0.4], "user": [0.1, -0.4], "out": [0.6, -0.2], "levelSd": 0.3, "scaleSd": 0.3, "residualSd": 0.1}
    uninstalled = {**push_disabled, "pressure": [-7.6, 0.2, 0.1, 0.1, 0.3], "user": [0.0, -0.6], "out": [0.5, 0.3]}
    unsubscribed = {**push_disabled, "pressure": [-6.0, 0.4, 0.1, 0.2, 0.2], "user": [-0.1, 0.2], "out": [-0.4, 0.3]}
    reachability = {
        "model": "hazard",
        "events": [],
        "aggregate": "reachLost",
        "valueProperty": None,
        "windowHours": 168,
        "losses": {
            "push": {"push-disabled": push_disabled, "uninstalled": uninstalled},
            "email": {"unsubscribed": unsubscribed},
        },
    }
    artifact["objectives"] = {"conversion": conversion, "reachability": reachability}
    artifact["checks"] = []
    for _ in range(6):
        at = {**row(rng), "pressure": [1.0, *(round(rng.uniform(0, 3), 3) for _ in range(4))]}
        effects = {"conversion": effect(artifact, beside, at["baseline"], at["action"])}
        artifact["checks"].append({**at, "effects": effects, "logOdds": all_log_odds(artifact, at)})
    return artifact


def main() -> None:
    cases = pathlib.Path(__file__).parent.parent / "cases"
    for name, artifact in (("policy-artifact", effects_case()), ("policy-artifact-sends", sends_case())):
        (cases / f"{name}.json").write_text(json.dumps(artifact, indent=2) + "\n")


main()
