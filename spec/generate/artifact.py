"""Writes spec/cases/policy-artifact.json: a policy artifact whose checks are computed by plain formulas.

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


def effect(artifact: dict, name: str, baseline: list, action: list) -> float:
    objective = artifact["objectives"][name]
    send = through(artifact["layers"], baseline + action)
    hold = through(artifact["layers"], baseline + [0.0] * len(action))
    return dot(objective["direct"], action) + dot(objective["out"], [s - h for s, h in zip(send, hold, strict=True)])


def main() -> None:
    rng = random.Random(7)
    layers = [layer(rng, 6, 5, "silu"), layer(rng, 5, 4, "tanh"), layer(rng, 4, 3, "relu"), layer(rng, 3, 2, "identity")]
    artifact = {
        "format": "paloma-policy-artifact",
        "formatVersion": 1,
        "name": "case",
        "encoding": 2,
        "inputs": {"baseline": BASELINE, "action": ACTION},
        "layers": layers,
        "objectives": {
            "conversion": {
                "events": ["Order Completed"],
                "aggregate": "sum",
                "valueProperty": "revenue",
                "windowHours": 72,
                "direct": [0.2, -0.1, 0.05, 0.3],
                "out": [0.8, -0.5],
                "scaleSd": 0.3,
                "residualSd": 0.05,
            }
        },
        "checks": [],
    }
    for _ in range(6):
        baseline = [1.0, round(rng.uniform(0, 2), 3)]
        action = [1.0, float(rng.random() < 0.5), round(rng.uniform(-2, 2), 3), round(rng.uniform(-1, 1), 3)]
        row = {"baseline": baseline, "action": action}
        artifact["checks"].append({**row, "effects": {"conversion": effect(artifact, "conversion", baseline, action)}})
    path = pathlib.Path(__file__).parent.parent / "cases" / "policy-artifact.json"
    path.write_text(json.dumps(artifact, indent=2) + "\n")


main()
