"""`python -m civicprobe.broker --dir D`: the embedded broker, kept for a supervisor.

Ends with 0 after SIGTERM or Ctrl-C, having stopped the server, and with 1 when the server dies or
stays silent; it does not start it again, that is the supervisor's part.
"""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from civicprobe.broker.handle import BrokerFault
from civicprobe.broker.valkey import ensure_broker

LOOK_EVERY_S = 0.3
MISSES_MAX = 3  # a dead server refuses at once, a busy one may be silent for a moment


def main() -> int:
    parser = argparse.ArgumentParser(prog="civicprobe.broker", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path("var"), help="data folder")
    folder = parser.parse_args().dir
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    try:
        return _keep(folder, asked)
    except BrokerFault as fault:
        logging.error("%s", fault)
        return 1


def _keep(folder: Path, asked: threading.Event) -> int:
    broker = ensure_broker(folder)
    logging.info("broker: answers at %s", broker.redis_url)
    misses = 0
    while not asked.wait(LOOK_EVERY_S):
        misses = 0 if broker.answers() else misses + 1
        if misses >= MISSES_MAX:
            logging.error("broker: died or is silent")
            return 1
    broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
