"""Times work in one framework's environment, as it is asked to: one line of JSON, one answer.

python -m tests.benchmarks.speed.worker KIND

KIND is a module of tests.benchmarks.speed.kinds, whose prepare(case) gives the function to time.
The time is that of the processor: on a machine that has other work too, waiting is no one's fault.
"""

import importlib
import json
import os
import sys
import time


def main() -> None:
    kind = importlib.import_module(f"tests.benchmarks.speed.kinds.{sys.argv[1]}")
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no reply
    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = json.dumps(request["case"])
        if key not in prepared:
            prepared[key] = kind.prepare(**request["case"])
            prepared[key]()
        work, times = prepared[key], request["times"]
        start = time.process_time()
        for _ in range(times):
            work()
        replies.write(json.dumps((time.process_time() - start) / times) + "\n")
        replies.flush()
        if request.get("last"):
            del prepared[key]


if __name__ == "__main__":
    main()
