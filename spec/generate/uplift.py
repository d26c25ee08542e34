"""Writes spec/cases/uplift.json: Qini coefficients and uplift at a share, by scikit-uplift.

    python3 spec/generate/uplift.py        needs scikit-uplift (0.5.1 was used)
"""

import json
import pathlib

import numpy as np
from sklift.metrics import qini_auc_score, qini_curve, uplift_at_k

CASES = pathlib.Path(__file__).parents[1] / "cases"


def case(name, scores, treated, responded, share):
    counts, gains = qini_curve(responded, scores, treated)
    return {
        "name": name,
        "scores": [float(s) for s in scores],
        "treated": [int(t) for t in treated],
        "responded": [int(r) for r in responded],
        "share": share,
        "curve": {"counts": [int(c) for c in counts], "gains": [float(g) for g in gains]},
        "qini": float(qini_auc_score(responded, scores, treated)),
        "upliftAt": float(uplift_at_k(responded, scores, treated, strategy="overall", k=share)),
    }


def drawn(name, seed, users, share, treated_share, ties):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=users)
    if ties:
        scores = np.round(scores)
    treated = (rng.random(users) < treated_share).astype(int)
    responded = (rng.random(users) < 0.2 + 0.15 * treated * (scores > 0)).astype(int)
    return case(name, np.round(scores, 6), treated, responded, share)


if __name__ == "__main__":
    cases = [
        case("four users by hand", np.array([4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0]), np.array([1, 0, 0, 1]), 0.5),
        drawn("half treated", 1, 60, 0.3, 0.5, False),
        drawn("few treated", 2, 80, 0.25, 0.2, False),
        drawn("many treated", 3, 80, 0.4, 0.8, False),
        drawn("equal scores", 4, 70, 0.3, 0.5, True),
    ]
    about = "From scikit-uplift 0.5.1: qini_curve, qini_auc_score with negative effects, uplift_at_k(strategy='overall'); by spec/generate/uplift.py. Compare to 1e-9."
    text = json.dumps({"about": about, "cases": cases}, indent=1)
    (CASES / "uplift.json").write_text(text + "\n")
