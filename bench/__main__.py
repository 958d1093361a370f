"""`python -m bench [NAME …]`: run the benches, print a table, keep it in bench/results.json.

Names: those of BENCHES below.
"""

import argparse
import json
import platform
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import (
    acting,
    activation,
    chaos,
    choice,
    fuzz,
    latency,
    lighthouse,
    likeness,
    phone,
    photos,
    placing,
    queues,
    redaction,
    whole_map,
)

RESULTS = Path(__file__).with_name("results.json")


def chaos_on(database: str) -> dict[str, Any]:
    """The three rounds of chaos; raises SystemExit when something was lost."""
    rounds = chaos.rounds(database, 200)
    if not all(chaos.is_whole(result) for result in rounds):
        raise SystemExit(f"chaos on {database}: {json.dumps(rounds)}")
    return {f"{result['killed']}_s": result["seconds"] for result in rounds} | {
        "lost_or_doubled": 0
    }


BENCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "photos": photos.run,
    "redaction": redaction.run,
    "fuzz": fuzz.run,
    "placing": placing.run,
    "map": whole_map.run,
    "choice": choice.run,
    "likeness": likeness.run,
    "queues": queues.both,
    "acting": acting.run,
    "phone": phone.run,
    "lighthouse": lighthouse.run,
    "latency-sqlite": lambda: latency.run("sqlite"),
    "latency-postgresql": lambda: latency.run("postgresql"),
    "activation-sqlite": lambda: activation.run("sqlite"),
    "activation-postgresql": lambda: activation.run("postgresql"),
    "chaos-sqlite": lambda: chaos_on("sqlite"),
    "chaos-postgresql": lambda: chaos_on("postgresql"),
}


def main() -> int:
    """Run what is named, else all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="all by default")
    asked = parser.parse_args().names or list(BENCHES)
    if strange := set(asked) - BENCHES.keys():
        parser.error(f"no such bench: {', '.join(sorted(strange))}")
    warnings.simplefilter("ignore")
    results: dict[str, Any] = {"python": platform.python_version(), "machine": platform.machine()}
    for name in asked:
        print(f"{name} …", flush=True)
        results[name] = BENCHES[name]()
        for figure, value in results[name].items():
            print(f"  {figure:28} {value}", flush=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
