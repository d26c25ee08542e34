"""The progressive posterior in plain NumPy: the peer that benchmarks/progressive.mjs measures against.

    python3 numpy_filter.py FOLDER      commands on standard input, answers on standard output, one line each

`traces N` and `counts N` go N times over all messages, the first from the users' traces (NaN where a day is open), the
second from the numbers of users and sums per day, and answer with CPU seconds and the sums of means and variances.
"""

import json
import pathlib
import sys
import time

import numpy as np


def load(folder):
    about = json.loads((folder / "about.json").read_text())
    w = about["horizon"]
    matrix = lambda name: np.fromfile(folder / f"{name}.bin").reshape(w, w)
    flat = np.fromfile(folder / "traces.bin").reshape(-1, w)
    ends = np.cumsum(about["users"])
    traces = np.split(flat, ends[:-1])
    return np.fromfile(folder / "mean.bin"), matrix("covariance"), matrix("noise"), traces


def posterior(mu, sigma, v, users, means):
    """Mean and covariance of the daily means, as the paper writes them; then those of the sum."""
    k = len(users)
    noise = v[:k, :k] / np.maximum.outer(users, users)
    gain = sigma[:, :k] @ np.linalg.inv(sigma[:k, :k] + noise)
    mean = mu + gain @ (means - mu[:k])
    covariance = sigma - gain @ sigma[:k, :]
    one = np.ones(len(mu))
    return one @ mean, one @ covariance @ one


def from_traces(mu, sigma, v, traces):
    seen = ~np.isnan(traces)
    users = seen.sum(axis=0)
    k = int((users > 0).sum())
    return posterior(mu, sigma, v, users[:k].astype(float), np.nanmean(traces[:, :k], axis=0))


def main():
    folder = pathlib.Path(sys.argv[1])
    mu, sigma, v, traces = load(folder)
    users = [(~np.isnan(t)).sum(axis=0) for t in traces]
    counts = [(n[n > 0].astype(float), np.nansum(t[:, n > 0], axis=0)) for n, t in zip(users, traces)]
    runs = {
        "traces": lambda i: from_traces(mu, sigma, v, traces[i]),
        "counts": lambda i: posterior(mu, sigma, v, counts[i][0], counts[i][1] / counts[i][0]),
    }
    print("ready", flush=True)
    for line in sys.stdin:
        name, rounds = line.split()
        start = time.process_time()
        for _ in range(int(rounds)):
            results = [runs[name](i) for i in range(len(traces))]
        spent = time.process_time() - start
        print(json.dumps({"seconds": spent, "beliefs": np.array(results).tolist()}), flush=True)


if __name__ == "__main__":
    main()
