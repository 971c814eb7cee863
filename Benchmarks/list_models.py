"""Iterates over a hub's models with the official client, and says how fast that was.

Usage: list_models.py FILTER MODELS MEMBER...; the members are those to expand, and HF_ENDPOINT names the hub. One line
of JSON goes to standard output:
{"models": n, "seconds": wall, "cpu": user and system seconds}.
"""

import json
import resource
import sys
import time

from huggingface_hub import HfApi


def main() -> None:
    tag, wanted, members = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    api = HfApi()
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    models = 0
    # Without a limit the client names no page size, and the hub answers with pages of 1,000.
    for _ in api.list_models(filter=tag, sort="created_at", expand=members, limit=None):
        models += 1
        if models == wanted:
            break
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"models": models, "seconds": seconds, "cpu": cpu}))


main()
