"""The same analysis in a dataframe: 20 metrics of two variants, adjusted for the same metric before exposure.

python peer.py gbstats|confidence|statsmodels ASSIGNMENTS METRICS prints one JSON object: CPU and wall seconds, peak memory, effects.
Needs pandas, pyarrow and the library named. spotify-confidence refuses rows of single users ("each grouping should have
at most 1 observation"), so that it gets the same sums as gbstats; statsmodels fits Lin's regression to the raw rows.
"""

import json
import resource
import sys
import time

import pandas as pd

NAMES = [f"m{i}" for i in range(20)]


def read_table(assignments: str, metrics: str) -> pd.DataFrame:
    """The raw table: one row per user, users in two variants left out, metrics beside what was before."""
    exposed = pd.read_parquet(assignments)
    exposed = exposed[["user", "variant"]].drop_duplicates()
    exposed = exposed[~exposed.duplicated("user", keep=False)].set_index("user")
    return exposed.join(pd.read_parquet(metrics).set_index("user"), how="left")


def sums_of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Sums, squares and products of a metric and the same before, one row per variant."""
    y, x = table[name], table[f"{name}_pre"]
    part = pd.DataFrame({"variant": table["variant"], "n": 1, "y": y, "yy": y**2, "x": x, "xx": x**2, "xy": x * y})
    return part.groupby("variant").sum()


def with_gbstats(table: pd.DataFrame, name: str) -> float:
    from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
    from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic

    sums = sums_of(table, name)
    total = sums.sum()
    theta = (total.xy - total.x * total.y / total.n) / (total.xx - total.x**2 / total.n)
    arms = [
        RegressionAdjustedStatistic(
            n=int(arm.n),
            post_statistic=SampleMeanStatistic(n=int(arm.n), sum=arm.y, sum_squares=arm.yy),
            pre_statistic=SampleMeanStatistic(n=int(arm.n), sum=arm.x, sum_squares=arm.xx),
            post_pre_sum_of_products=arm.xy,
            theta=theta,
        )
        for arm in (sums.loc["control"], sums.loc["new"])
    ]
    return TwoSidedTTest(*arms, FrequentistConfig(difference_type="absolute")).compute_result().expected


def with_confidence(table: pd.DataFrame, name: str) -> float:
    import spotify_confidence as confidence

    test = confidence.Experiment(
        sums_of(table, name).reset_index().assign(method="z-test-linreg"),
        numerator_column="y",
        numerator_sum_squares_column="yy",
        denominator_column="n",
        feature_column="x",
        feature_sum_squares_column="xx",
        feature_cross_sum_column="xy",
        categorical_group_columns=["variant"],
        interval_size=0.9,
        method_column="method",
    )
    return float(test.difference(level_1="control", level_2="new", absolute=True)["difference"].iloc[0])


def with_statsmodels(table: pd.DataFrame, name: str) -> float:
    import numpy
    import statsmodels.api

    arm = (table["variant"] == "new").to_numpy(dtype=float)
    x = table[f"{name}_pre"].to_numpy()
    x = x - x.mean()
    design = numpy.column_stack([numpy.ones(len(x)), arm, x, arm * x])
    return float(statsmodels.api.OLS(table[name].to_numpy(), design).fit(cov_type="HC2").params[1])


PEERS = {"gbstats": with_gbstats, "confidence": with_confidence, "statsmodels": with_statsmodels}


def main() -> None:
    peer, assignments, metrics = sys.argv[1:]
    started = time.perf_counter()
    table = read_table(assignments, metrics)
    effects = {name: PEERS[peer](table, name) for name in NAMES}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "cpuSeconds": usage.ru_utime + usage.ru_stime,
                "wallSeconds": time.perf_counter() - started,
                "peakMb": usage.ru_maxrss / 1024,
                "effects": effects,
            }
        )
    )


main()
