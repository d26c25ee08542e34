"""Vowpal Wabbit on classification sets as bandits, one pass, for comparison with `npm run bench:bandits`.

    python -m venv venv && venv/bin/pip install vowpalwabbit==9.11.9
    venv/bin/python benchmarks/bandits/vowpal-wabbit.py DIR

Costs are -1 for the right class and 0 otherwise; the probability it learns with is the one it drew from. Prints one
JSON object {configuration: {set: loss, ..., "mean": loss}}; progress goes to standard error.
"""

import gzip
import json
import random
import sys
from pathlib import Path

import vowpalwabbit

# K stands for the number of classes. ADF has one copy of the features per action, by an interaction with its name.
CONFIGURATIONS = {
    "squarecb -l 2": "--cb_explore K --squarecb -l 2",
    "squarecb -l 0.5": "--cb_explore K --squarecb",
    "epsilon 0.02 -l 2": "--cb_explore K --epsilon 0.02 --cb_type dm -l 2",
    "adf squarecb -l 2": "--cb_explore_adf --squarecb --cb_type mtr -q sa --ignore_linear s -l 2",
    "adf regcb -l 2": "--cb_explore_adf --regcb --mellowness 0.001 --cb_type mtr -q sa --ignore_linear s -l 2",
    "adf epsilon 0.02 -l 2": "--cb_explore_adf --epsilon 0.02 --cb_type mtr -q sa --ignore_linear s -l 2",
}


def read_set(path: Path) -> tuple[list[int], list[str]]:
    """Classes counted from 0 and features as VW's text."""
    with gzip.open(path, "rt") as file:
        rows = [line.strip().split(",") for line in file if line.strip()]
    places = {label: i for i, label in enumerate(sorted({row[0] for row in rows}))}
    features = [" ".join(f"{i}:{value}" for i, value in enumerate(row[1:]) if float(value) != 0) for row in rows]
    return [places[row[0]] for row in rows], features


def example_of(features: str, *, is_adf: bool, actions: int, label: tuple[int, float, float] | None) -> str | list[str]:
    """One decision as VW's text, with (action, cost, probability) of the action taken where it is known."""
    if not is_adf:
        head = "" if label is None else f"{label[0] + 1}:{label[1]}:{label[2]} "
        return f"{head}| {features}"
    lines = [f"shared |s one:1 {features}"]
    for action in range(actions):
        head = f"0:{label[1]}:{label[2]} " if label is not None and label[0] == action else ""
        lines.append(f"{head}|a {action}")
    return lines


def progressive_loss(classes: list[int], features: list[str], arguments: str) -> float:
    """Share of wrong classes over one pass."""
    actions = max(classes) + 1
    is_adf = "adf" in arguments
    vw = vowpalwabbit.Workspace(arguments.replace("--cb_explore K", f"--cb_explore {actions}") + " --quiet")
    draw = random.Random(1)
    wrong = 0
    for right, text in zip(classes, features):
        pmf = vw.predict(example_of(text, is_adf=is_adf, actions=actions, label=None))
        action = draw.choices(range(actions), weights=pmf)[0]
        probability = pmf[action] / sum(pmf)
        cost = -1.0 if action == right else 0.0
        wrong += action != right
        vw.learn(example_of(text, is_adf=is_adf, actions=actions, label=(action, cost, probability)))
    vw.finish()
    return wrong / len(classes)


def main(folder: Path) -> None:
    """Runs every configuration on every set."""
    sets = {path.name.removesuffix(".csv.gz"): read_set(path) for path in sorted(folder.glob("*.csv.gz"))}
    losses: dict[str, dict[str, float]] = {}
    for name, arguments in CONFIGURATIONS.items():
        losses[name] = {}
        for key, (classes, features) in sets.items():
            losses[name][key] = progressive_loss(classes, features, arguments)
            print(f"{name}, {key}: {losses[name][key]:.4f}", file=sys.stderr, flush=True)
        losses[name]["mean"] = sum(losses[name].values()) / len(sets)
    print(json.dumps(losses))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
