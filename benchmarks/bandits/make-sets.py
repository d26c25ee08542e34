"""Writes thirty-three classification sets that were generated or come with scikit-learn, in the form `bench:bandits` reads.

    python -m venv venv && venv/bin/pip install scikit-learn numpy
    venv/bin/python benchmarks/bandits/make-sets.py DIR [SEED]

For choosing settings on other data than they are judged by: boards and rules that can be enumerated (tic-tac-toe, balance
scale, the three monks), LED displays, waveforms, rings, random trees, noise, and wide and short sets. SEED is 1 unless
another is given; sets that are drawn, and not enumerated, are others under another seed.
"""

import gzip
import itertools
import sys
from pathlib import Path

import numpy as np
from sklearn import datasets

Array = np.ndarray
LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]
SEGMENTS = "1110111 0010010 1011101 1011011 0111010 1101011 1101111 1010010 1111111 1111011".split()


def one_hot(columns: Array) -> Array:
    """Every value of every column as a column of its own."""
    columns = np.asarray(columns)
    return np.concatenate([(columns[:, [j]] == np.unique(columns[:, j])).astype(float) for j in range(columns.shape[1])], 1)


def has_line(board: str, player: str) -> bool:
    return any(all(board[i] == player for i in line) for line in LINES)


def final_boards() -> list[str]:
    """All boards at which a game of tic-tac-toe can end."""
    found: set[str] = set()

    def play(board: str, player: str) -> None:
        if has_line(board, "x") or has_line(board, "o") or "b" not in board:
            found.add(board)
            return
        for i in range(9):
            if board[i] == "b":
                play(board[:i] + player + board[i + 1 :], "o" if player == "x" else "x")

    play("b" * 9, "x")
    return sorted(found)


def tree_classes(columns: Array, *, depth: int, classes: int, draw: np.random.Generator) -> Array:
    """Classes by a random decision tree over the columns."""
    labels = np.zeros(len(columns), int)

    def grow(rows: Array, rest: int) -> None:
        if rest == 0 or len(rows) < 20:
            labels[rows] = draw.integers(0, classes)
            return
        column = draw.integers(0, columns.shape[1])
        value = draw.choice(np.unique(columns[:, column]))
        is_left = columns[rows, column] <= value if draw.random() < 0.5 else columns[rows, column] == value
        grow(rows[is_left], rest - 1)
        grow(rows[~is_left], rest - 1)

    grow(np.arange(len(columns)), depth)
    return labels


def with_noise(labels: Array, share: float, draw: np.random.Generator) -> Array:
    flipped = draw.random(len(labels)) < share
    return np.where(flipped, draw.integers(0, labels.max() + 1, len(labels)), labels)


def enumerated():
    balance = np.array(list(itertools.product(range(1, 6), repeat=4)))
    yield "balance", balance, np.sign(balance[:, 0] * balance[:, 1] - balance[:, 2] * balance[:, 3]) + 1
    monks = np.array(list(itertools.product(*[range(1, k + 1) for k in (3, 3, 2, 3, 4, 2)])))
    yield "monk1", one_hot(monks), (monks[:, 0] == monks[:, 1]) | (monks[:, 4] == 1)
    yield "monk2", one_hot(monks), (monks == 1).sum(1) == 2
    third = ((monks[:, 4] == 3) & (monks[:, 3] == 1)) | ((monks[:, 4] != 4) & (monks[:, 1] != 3))
    yield "monk3", one_hot(monks), third
    boards = final_boards()
    yield "tic-tac-toe", one_hot(np.array([list(board) for board in boards])), [has_line(b, "x") for b in boards]


def bundled():
    for name in ("iris", "wine", "breast_cancer", "digits"):
        loaded = getattr(datasets, f"load_{name}")()
        yield f"sk-{name}", loaded.data, loaded.target
    loaded = datasets.load_diabetes()
    yield "sk-diabetes", loaded.data, np.digitize(loaded.target, np.quantile(loaded.target, [1 / 3, 2 / 3]))


def blobs(seed: int):
    shapes = [(2000, 20, 5, 3, 2), (1000, 40, 10, 10, 1), (4000, 10, 6, 5, 2), (600, 60, 10, 6, 1), (10000, 16, 10, 15, 2)]
    for i, (rows, features, informative, classes, clusters) in enumerate(shapes):
        yield f"blobs-{i}", *datasets.make_classification(
            rows,
            features,
            n_informative=informative,
            n_redundant=2,
            n_classes=classes,
            n_clusters_per_class=clusters,
            random_state=i + 100 * (seed - 1),
            class_sep=1.2,
        )
    yield "moons", *datasets.make_moons(2000, noise=0.25, random_state=2 + seed)
    yield "shells", *datasets.make_gaussian_quantiles(n_samples=3000, n_features=6, n_classes=5, random_state=3 + seed)
    features, labels = datasets.make_hastie_10_2(6000, random_state=4 + seed)
    yield "hastie", features, labels > 0


def displays(draw: np.random.Generator):
    for name, rows, extra in (("led24", 3000, 17), ("led7", 500, 0)):
        labels = draw.integers(0, 10, rows)
        lit = np.array([[int(c) for c in SEGMENTS[k]] for k in labels]) ^ (draw.random((rows, 7)) < 0.1)
        yield name, np.c_[lit, draw.integers(0, 2, (rows, extra))], labels


def signals(draw: np.random.Generator):
    peaks = [np.maximum(6 - abs(np.arange(1, 22) - centre), 0) for centre in (7, 15, 11)]
    labels, share = draw.integers(0, 3, 5000), draw.random(5000)
    pairs = [((0, 1), (0, 2), (1, 2))[k] for k in labels]
    waves = np.array([s * peaks[a] + (1 - s) * peaks[b] for s, (a, b) in zip(share, pairs)])
    yield "waveform", waves + draw.normal(size=waves.shape), labels
    labels = draw.integers(0, 2, 7400)
    points = draw.normal(size=(7400, 20))
    yield "ringnorm", np.where(labels[:, None] == 0, 2 * points, points + 2 / np.sqrt(20)), labels
    labels = draw.integers(0, 2, 7400)
    yield "twonorm", draw.normal(size=(7400, 20)) + np.where(labels == 0, -1, 1)[:, None] * 2 / np.sqrt(20), labels


def drawn(draw: np.random.Generator):
    for i, (rows, features, classes) in enumerate([(250, 70, 18), (220, 60, 20), (300, 90, 15), (150, 16, 7)]):
        patterns = draw.random((classes, features)) < 0.3
        labels = draw.choice(classes, rows, p=draw.dirichlet(np.ones(classes)))
        yield f"wide-{i}", patterns[labels] ^ (draw.random((rows, features)) < 0.12), labels
    for i, (rows, features, classes, depth, noise) in enumerate(
        [(8000, 8, 4, 5, 0.02), (3000, 20, 2, 5, 0.05), (1000, 15, 3, 4, 0.1)]
    ):
        columns = draw.integers(0, 4, (rows, features))
        labels = tree_classes(columns, depth=depth, classes=classes, draw=draw)
        yield f"tree-{i}", one_hot(columns), with_noise(labels, noise, draw)
    columns = draw.normal(size=(5000, 12))
    yield "tree-numbers", columns, tree_classes(columns, depth=6, classes=5, draw=draw)
    columns = draw.random((3000, 15))
    chance = 1 / (1 + np.exp(-(columns @ draw.normal(size=15) * 1.5 - 2.5)))
    yield "line", columns, draw.random(3000) < chance
    yield "noise", draw.random((1500, 8)), draw.integers(0, 3, 1500)


def save(path: Path, features: Array, labels: Array) -> None:
    """Features scaled to [0, 1], constant ones left out, rows shuffled."""
    features = np.asarray(features, float)
    labels = np.unique(np.asarray(labels).astype(int), return_inverse=True)[1]
    low, high = features.min(0), features.max(0)
    varies = high > low
    features = (features[:, varies] - low[varies]) / (high - low)[varies]
    order = np.random.default_rng(0).permutation(len(labels))
    with gzip.open(path, "wt") as file:
        for label, row in zip(labels[order], features[order]):
            file.write(",".join([str(label), *(f"{value:.5g}" for value in row)]) + "\n")


def main(folder: Path, seed: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    for name, features, labels in itertools.chain(
        enumerated(), bundled(), blobs(seed), displays(draw), signals(draw), drawn(draw)
    ):
        save(folder / f"{name}.csv.gz", features, labels)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(seed) for seed in sys.argv[2:3]))
