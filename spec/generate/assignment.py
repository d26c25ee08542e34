"""Writes spec/cases/assignment.json: buckets, variants, ramps, layers and withholding.

    python3 spec/generate/assignment.py

MurmurHash3_x86_32 is written out here from its published description; ranges are lists of a million owners, one per
bucket, so nothing of how the TypeScript keeps them is repeated. What stands under `buckets` and `assignments` keeps the
questions of the file and answers them anew.
"""

import json
import pathlib

FILE = pathlib.Path(__file__).parents[1] / "cases" / "assignment.json"
MILLION = 1_000_000
MASK = 0xFFFFFFFF
DAY_MS = 86_400_000


def rotate(x, by):
    return ((x << by) | (x >> (32 - by))) & MASK


def murmur3(text, seed=0):
    data = text.encode("utf-8")
    h = seed
    for at in range(0, len(data), 4):
        block = data[at : at + 4]
        k = int.from_bytes(block, "little")
        k = (k * 0xCC9E2D51) & MASK
        k = rotate(k, 15)
        k = (k * 0x1B873593) & MASK
        h ^= k
        if len(block) == 4:
            h = (rotate(h, 13) * 5 + 0xE6546B64) & MASK
    h ^= len(data)
    h ^= h >> 16
    h = (h * 0x85EBCA6B) & MASK
    h ^= h >> 13
    h = (h * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def bucket(salt, unit):
    return (murmur3(f"{salt}:{unit}") * MILLION) >> 32


def owners(weights):
    return [name for name, share in weights.items() for _ in range(share)]


def reweighted(old, weights):
    """Who owns too much gives up its last buckets; who lacks some takes the first that are free, in order."""
    new = list(old)
    for name in dict.fromkeys(old):
        mine = [i for i, owner in enumerate(old) if owner == name]
        for i in mine[weights.get(name, 0) :]:
            new[i] = None
    free = iter([i for i, owner in enumerate(new) if owner is None])
    for name, share in weights.items():
        for _ in range(share - sum(1 for owner in new if owner == name)):
            new[next(free)] = name
    return new


def as_ranges(owned):
    ranges = []
    for i, name in enumerate(owned):
        if ranges and ranges[-1]["variant"] == name:
            ranges[-1]["until"] = i + 1
        else:
            ranges.append({"variant": name, "from": i, "until": i + 1})
    return ranges


RAMPS = [
    [{"control": 900_000, "new": 100_000}, {"control": 500_000, "new": 500_000}, {"control": 0, "new": MILLION}],
    [{"a": 333_334, "b": 333_333, "c": 333_333}, {"a": 200_000, "b": 600_000, "c": 200_000}, {"a": 0, "b": 1, "c": 999_999}],
    [{"a": 0, "b": MILLION}, {"a": 250_000, "b": 750_000}, {"a": 750_000, "b": 250_000}, {"a": 1, "b": 999_999}],
]

EXPERIMENT = {
    "salt": "subject-lines",
    "layer": {"name": "wording", "salt": "wording-1", "from": 200_000, "until": 700_000},
    "phases": [
        {"since": 1_000, "traffic": 100_000, "weights": {"control": 500_000, "short": 500_000}},
        {"since": 2_000, "traffic": 600_000, "weights": {"control": 500_000, "short": 500_000}},
        {"since": 3_000, "traffic": MILLION, "weights": {"control": 200_000, "short": 800_000}},
    ],
}


def memberships():
    ramp = [owners(EXPERIMENT["phases"][0]["weights"])]
    for phase in EXPERIMENT["phases"][1:]:
        ramp.append(reweighted(ramp[-1], phase["weights"]))
    layer, salt = EXPERIMENT["layer"], EXPERIMENT["salt"]
    cases = []
    for user in [f"user-{i}" for i in range(40)]:
        place = bucket(layer["salt"], user)
        own = bucket(f"{salt}/variant", user)
        for now, index in ((999, -1), (1_000, 0), (2_500, 1), (9_000, 2)):
            seen = [
                None
                if not layer["from"] <= place < layer["from"] + (layer["until"] - layer["from"]) * p["traffic"] // MILLION
                else owned[own]
                for p, owned in zip(EXPERIMENT["phases"], ramp)
            ][: index + 1]
            variant = seen[-1] if seen else None
            moved = variant is not None and any(v not in (None, variant) for v in seen)
            cases.append({"userId": user, "now": now, "variant": variant, "phase": index, "moved": moved})
    phases = [{**p, "ranges": as_ranges(owned)} for p, owned in zip(EXPERIMENT["phases"], ramp)]
    for phase in phases:
        del phase["weights"]
    return {"experiment": {**EXPERIMENT, "phases": phases}, "cases": cases}


def slots():
    salt, minutes, since = "price-switch", 30, 90 * 60_000
    def variant(slot):
        return owners({"off": 500_000, "on": 500_000})[bucket(f"{salt}/variant", f"slot-{slot}")]
    cases = []
    for now in range(since, since + 12 * minutes * 60_000, 7 * 60_000):
        slot = now // (minutes * 60_000)
        changed = (slot - 1) * minutes * 60_000 < since or variant(slot - 1) != variant(slot)
        counts = not (changed and now % (minutes * 60_000) < 10 * 60_000)
        cases.append({"now": now, "slot": slot, "variant": variant(slot), "counts": counts})
    return {"salt": salt, "slotMinutes": minutes, "washoutMinutes": 10, "since": since, "cases": cases}


def withheld():
    rule = {"salt": "withhold", "share": 200_000, "messages": {"receipt": 0, "price-drop": 500_000}, "periodDays": 28}
    cases = []
    for message in ("price-drop", "newsletter", "receipt"):
        share = rule["messages"].get(message, rule["share"])
        for user in ("ann", "bob", "cid", "日本-7"):
            for now in (0, 28 * DAY_MS - 1, 28 * DAY_MS, 20_000 * DAY_MS):
                period = now // (28 * DAY_MS)
                is_withheld = bucket(f"withhold/{message}/{period}", user) < share
                answer = None if share == 0 else {"experiment": f"withhold:{message}:{period}", "isWithheld": is_withheld}
                cases.append({"message": message, "userId": user, "now": now, "answer": answer})
    return {"rule": rule, "cases": cases}


def main():
    known = json.loads(FILE.read_text("utf-8"))
    buckets = [{**q, "bucket": bucket(q["salt"], q["unit"])} for q in known["buckets"]]
    assignments = []
    for q in known["assignments"]:
        owned = owners({s["name"]: s["share"] for s in q["shares"]})
        assignments.append({**q, "name": owned[bucket(q["salt"], q["unit"])]})
    ramps = []
    for steps in RAMPS:
        owned = [owners(steps[0])]
        for weights in steps[1:]:
            owned.append(reweighted(owned[-1], weights))
        ramps.append([{"weights": w, "ranges": as_ranges(o)} for w, o in zip(steps, owned)])
    cases = {
        "about": "bucket = (murmur3_x86_32(salt ':' unit, seed 0) * 10^6) >> 32; names own consecutive bucket ranges in the order given. Shares are millionths. Written by spec/generate/assignment.py.",
        "buckets": buckets,
        "assignments": assignments,
        "ramps": ramps,
        "memberships": memberships(),
        "slots": slots(),
        "withheld": withheld(),
    }
    FILE.write_text(json.dumps(cases, ensure_ascii=False, indent=2) + "\n", "utf-8")


main()
