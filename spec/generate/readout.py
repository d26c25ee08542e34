"""Writes spec/cases/readout.json: what statsmodels and SciPy find in examples/experiment, from its raw tables.

    python3 spec/generate/readout.py && npx biome format --write spec/cases/readout.json

Made with pandas 1.5.3, statsmodels 0.15.0 and SciPy 1.17 (any recent ones will do). Nothing of Paloma is used: the tables are
read, windows and totals are made with pandas, effects by statsmodels.
"""

import json
from pathlib import Path

import numpy
import pandas
import scipy.stats
import statsmodels.api
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "experiment"
WINDOW = pandas.Timedelta(days=7)

users = pandas.read_csv(EXAMPLE / "assignments.csv", parse_dates=["time"]).rename(columns={"time": "exposed"})
events = pandas.read_csv(EXAMPLE / "events.csv", parse_dates=["time"]).drop_duplicates()
as_of = events["time"].max()
rows = events.merge(users, on="user")
after = rows[(rows["time"] >= rows["exposed"]) & (rows["time"] < rows["exposed"] + WINDOW)]
before = rows[(rows["time"] < rows["exposed"]) & (rows["time"] >= rows["exposed"] - WINDOW)]
complete = users[users["exposed"] + WINDOW <= as_of].set_index("user")


def per_user(part: pandas.DataFrame, metric: str, how: str) -> pandas.Series:
    values = part[part["metric"] == metric].groupby("user")["value"].agg(how)
    return values.reindex(complete.index).fillna(0.0).astype(float)


def difference(y: pandas.Series) -> dict:
    new, old = y[complete["variant"] == "gentle"], y[complete["variant"] == "control"]
    found = CompareMeans(DescrStatsW(new), DescrStatsW(old))
    return {"effect": float(new.mean() - old.mean()), "stdError": float(found.std_meandiff_separatevar), "controlMean": float(old.mean()), "users": int(len(y))}


def adjusted(y: pandas.Series, x: pandas.Series) -> float:
    """Lin (2013): the coefficient of the variant in a regression with the centred covariate and its interaction."""
    arm = (complete["variant"] == "gentle").to_numpy(dtype=float)
    centred = (x - x.mean()).to_numpy()
    design = numpy.column_stack([numpy.ones(len(arm)), arm, centred, arm * centred])
    return float(statsmodels.api.OLS(y.to_numpy(), design).fit().params[1])


def ratio(m: pandas.Series, d: pandas.Series) -> dict:
    """Delta method: z = (m - R d) / mean(d), per variant."""
    parts = []
    for variant in ("gentle", "control"):
        own = complete["variant"] == variant
        total = m[own].sum() / d[own].sum()
        z = (m[own] - total * d[own]) / d[own].mean()
        parts.append((total, z.var(ddof=1) / own.sum()))
    return {"effect": float(parts[0][0] - parts[1][0]), "stdError": float(numpy.sqrt(parts[0][1] + parts[1][1])), "controlMean": float(parts[1][0])}


visits, visits_before = per_user(after, "visit", "count"), per_user(before, "visit", "count")
buyers = (per_user(after, "order", "count") > 0).astype(float)
buyers_before = (per_user(before, "order", "count") > 0).astype(float)
opt_outs = (per_user(after, "opt_out", "count") > 0).astype(float)
counts = users["variant"].value_counts()

cases = {
    "about": "What statsmodels and SciPy find in the tables of examples/experiment; written by spec/generate/readout.py. Compare to 1e-9.",
    "asOf": as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "split": {"control": int(counts["control"]), "gentle": int(counts["gentle"]), "pValue": float(scipy.stats.chisquare([counts["control"], counts["gentle"]]).pvalue)},
    "metrics": {
        "visits": {**difference(visits), "adjusted": adjusted(visits, visits_before)},
        "buyers": {**difference(buyers), "adjusted": adjusted(buyers, buyers_before)},
        "opt-outs": difference(opt_outs),
        "order value": ratio(per_user(after, "order", "sum"), per_user(after, "order", "count")),
    },
    "beforeExposure": {"visits": float(scipy.stats.ttest_ind(visits_before[complete["variant"] == "gentle"], visits_before[complete["variant"] == "control"], equal_var=False).pvalue)},
}
(ROOT / "spec" / "cases" / "readout.json").write_text(json.dumps(cases, indent=2) + "\n")
