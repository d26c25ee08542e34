"""Writes spec/cases/features.json: columns of ψ and of the baseline by name, from plain formulas.

    python3 spec/generate/features.py

Local hours come from zoneinfo; nothing of the TypeScript is used. Columns that are not named in a case are 0.
"""

import json
import math
import pathlib
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

CASES = pathlib.Path(__file__).parents[1] / "cases"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000

OBJECTIVES = [
    {"name": "conversion", "priorEffectSd": 0.2, "noiseSd": 20, "model": "response", "worth": 40},
    {"name": "reachability", "priorEffectSd": 0.003, "noiseSd": 0.05, "scale": 60},
    {"name": "visits", "noiseSd": 0.5},
]
SCHEMA = [
    {"kind": "number", "name": "orders", "source": "user", "centre": 0.7, "scale": 0.5, "log1p": True},
    {"kind": "category", "name": "plan", "source": "user", "values": ["free", "plus"]},
    {"kind": "boolean", "name": "bold", "source": "variant"},
    {"kind": "number", "name": "score", "source": "opportunity", "centre": 0.5, "scale": 0.25, "missing": 1},
]


def clip(x, bound=3):
    return max(-bound, min(bound, x))


def moment(zone, at):
    local = datetime.fromtimestamp(at / 1000, timezone.utc).astimezone(ZoneInfo(zone))
    angle = 2 * math.pi * (local.hour * 60 + local.minute) / 1440
    return math.sin(angle), math.cos(angle), 1 if local.weekday() >= 5 else 0, math.sin(2 * angle), math.cos(2 * angle)


def log_rate(count, trials, usual, strength=5):
    return clip(math.log((count + usual * strength) / (trials + strength) / usual))


def usual_hours(case):
    zone, now, at = ZoneInfo(case["zone"]), case["now"], case["sendAt"]
    offset = datetime.fromtimestamp(at / 1000, timezone.utc).astimezone(zone).utcoffset().total_seconds() * 1000
    weekend = lambda t: datetime.fromtimestamp((t + offset) / 1000, timezone.utc).weekday() >= 5
    mean = sum((1.5**k / math.factorial(k)) ** 2 for k in range(40)) * math.exp(-3)
    there = usual = 4
    for visit in case["visits"]:
        if 0 <= now - visit < 28 * DAY_MS:
            weight = 1 if weekend(visit) == weekend(at) else 0.5
            there += weight * math.exp(3 * (math.cos(2 * math.pi * (at - visit) / DAY_MS) - 1)) / mean
            usual += weight
    return math.log(there / usual)


def log_claim(case):
    for claim in case["claims"]:
        for o in OBJECTIVES:
            if o["name"] == claim["objective"] and claim["estimate"] > 0:
                size = o.get("priorEffectSd", 0.1 * o["noiseSd"]) * o.get("scale", 1)
                usual = 0.02 * o["worth"] if o.get("model") == "response" else size
                return clip(math.log(claim["estimate"] / usual))
    return 0


def declared(source, bag):
    columns = {}
    for spec in SCHEMA:
        if spec["source"] != source:
            continue
        name, value = f"{source}.{spec['name']}", bag.get(spec["name"])
        if spec["kind"] == "boolean":
            columns[name] = 1 if value is True else 0
        elif spec["kind"] == "category":
            columns.update({f"{name}={v}": 1 if value == v else 0 for v in spec["values"]})
        else:
            known = isinstance(value, (int, float)) and not isinstance(value, bool)
            raw = value if known else spec.get("missing")
            if raw is None:
                columns[name] = 0
                continue
            shaped = math.log1p(max(0, raw)) if spec.get("log1p") else raw
            columns[name] = clip((shaped - spec["centre"]) / spec["scale"])
    return columns


def within(times, now, days):
    return sum(1 for at in times if 0 <= now - at < days * DAY_MS)


def action_columns(case):
    now, at, channel = case["now"], case["sendAt"], case["channel"]
    sends = [s for s in case["sends"] if s["category"] != "transactional"]
    own = [s["at"] for s in sends if s["channel"] == channel]
    answers = [r["at"] for r in case["responses"] if r["channel"] == channel]
    family = [s["at"] for s in sends if s["message"] == case["message"] and 0 <= now - s["at"] < 28 * DAY_MS]
    sine, cosine, weekend, sine2, cosine2 = moment(case["zone"], at)
    half_life = {"push": 3, "email": 5, "in-app": 2}[channel]
    fatigue = sum(0.5 ** ((now - t) / DAY_MS / half_life) for t in own if 0 <= now - t < 28 * DAY_MS)
    columns = {
        "send": 1,
        "channel sends 1 d": within(own, now, 1),
        "channel sends 7 d": within(own, now, 7) / 4,
        "sends 7 d": within([s["at"] for s in sends], now, 7) / 8,
        "channel responses 28 d": min(1, within(answers, now, 28) / (within(own, now, 28) + 2)),
        "family repeated lately": 0.5 ** ((now - max(family)) / DAY_MS / 15) if family else 0,
        "visits 7 d": within(case["visits"], now, 7) / 7,
        "days since visit": min(28, (now - max(case["visits"])) / DAY_MS) / 28 if case["visits"] else 1,
        "slot hour sine": sine,
        "slot hour cosine": cosine,
        "slot weekend": weekend,
        "slot delay": min(2, (at - now) / (24 * HOUR_MS)),
        "family repeats": sum(0.5 ** ((now - t) / DAY_MS / 15) for t in family) / 2,
        f"fatigue on {channel}": fatigue / 2,
        "channel response rate": log_rate(within(answers, now, 28), within(own, now, 28), 0.1),
        "slot half-day sine": sine2,
        "slot half-day cosine": cosine2,
        "slot at usual hours": usual_hours(case),
        f"visit rate on {channel}": log_rate(within(case["visits"], now, 28), 28, 0.2),
        f"channel={channel}": 1,
    }
    for claim in case["claims"]:
        for o in OBJECTIVES:
            if o["name"] == claim["objective"]:
                unit = o.get("priorEffectSd", 0.1 * o["noiseSd"]) * o.get("scale", 1)
                kind = "claim" if claim["kind"] == "incremental" else "prediction"
                columns[f"{kind} {o['name']}"] = clip(claim["estimate"] / unit)
    bags = {"user": case["traits"], "opportunity": case["features"], "variant": case["variantFeatures"]}
    for source, bag in bags.items():
        columns.update(declared(source, bag))
    return columns


def baseline_columns(case):
    now = case["now"]
    sine, cosine, weekend, _, _ = moment(case["zone"], now)
    sends = [s["at"] for s in case["sends"] if s["category"] != "transactional"]
    return {
        "intercept": 1,
        "visits 7 d": within(case["visits"], now, 7) / 7,
        "visits 28 d": within(case["visits"], now, 28) / 28,
        "days since visit": min(28, (now - max(case["visits"])) / DAY_MS) / 28 if case["visits"] else 1,
        "sends 7 d": within(sends, now, 7) / 8,
        "responses 28 d": within([r["at"] for r in case["responses"]], now, 28) / 8,
        "hour sine": sine,
        "hour cosine": cosine,
        "weekend": weekend,
        **declared("user", case["traits"]),
    }


def case_at(now, zone, **over):
    ago = lambda days: now - round(days * DAY_MS)
    send = lambda days, channel, category="marketing": {
        "at": ago(days), "channel": channel, "category": category, "message": "digest", "topic": "news", "opportunityId": "old",
    }
    case = {
        "now": now, "zone": zone, "channel": "push", "sendAt": now, "message": "price-drop",
        "sends": [send(20, "email"), send(6.5, "push"), send(0.5, "push"), send(0.2, "email", "transactional")],
        "responses": [{"at": ago(6), "channel": "push"}],
        "visits": [ago(30), ago(9.25), ago(2.5)],
        "claims": [{"objective": "conversion", "estimate": 0.3, "kind": "incremental"}],
        "traits": {"orders": 4, "plan": "plus"}, "features": {"score": 0.9}, "variantFeatures": {"bold": True},
    }
    case.update(over)
    return {**case, "action": action_columns(case), "baseline": baseline_columns(case), "logClaim": log_claim(case)}


def main():
    utc = lambda *at: int(datetime(*at, tzinfo=timezone.utc).timestamp() * 1000)
    winter, summer = utc(2026, 10, 25, 0, 30), utc(2026, 3, 29, 1, 30)
    plain = utc(2026, 6, 10, 10)
    claims = [
        {"objective": "reachability", "estimate": -0.09, "kind": "incremental"},
        {"objective": "visits", "estimate": 0.02, "kind": "predicted"},
        {"objective": "conversion", "estimate": 99, "kind": "predicted"},
        {"objective": "unknown", "estimate": 1, "kind": "incremental"},
    ]
    cases = [
        case_at(plain, "Europe/Berlin"),
        case_at(plain, "Asia/Kathmandu", channel="email", message="digest", claims=claims),
        case_at(plain, "America/New_York", sendAt=plain + 31 * HOUR_MS, sends=[], responses=[], visits=[]),
        case_at(winter, "Europe/Berlin", sendAt=winter + 2 * HOUR_MS),
        case_at(winter + HOUR_MS, "Europe/Berlin", traits={"orders": "4", "plan": "gold"}, features={}, variantFeatures={}),
        case_at(summer, "Europe/Berlin", traits={"orders": -3}, features={"score": 1e9}),
        case_at(summer, "Australia/Lord_Howe", traits={}, features={"score": False}),
    ]
    about = "Written by spec/generate/features.py. Columns by name; those not named are 0 but for one message bucket. Compare to 1e-12."
    channels = ["email", "push", "in-app"]
    text = json.dumps({"about": about, "objectives": OBJECTIVES, "features": SCHEMA, "channels": channels, "cases": cases}, indent=1)
    (CASES / "features.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
