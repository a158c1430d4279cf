"""Runs in an installation and tells a test about it: Python comes in, JSON goes out, each on
one line. One process for many questions, because starting Django takes over a second."""

import io
import json
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any

import django


def main() -> None:
    django.setup()
    from django.db import connections

    for line in sys.stdin:
        with redirect_stdout(io.StringIO()):
            answer = answer_to(json.loads(line))
            connections.close_all()
        print(json.dumps(answer), flush=True)


def answer_to(statements: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    try:
        exec(statements, names)
        json.dumps(names["answer"])
    except BaseException:
        return {"error": traceback.format_exc()}
    return {"answer": names["answer"]}


if __name__ == "__main__":
    main()
