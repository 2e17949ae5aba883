"""The command line: finds the command's module, and turns a refusal into one sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from sqlalchemy.exc import OperationalError

from data_access.errors import Refused

# command → the module under dashboard.commands that carries it out
COMMANDS = {
    "demo": "demo",
    "import": "importing",
    "user": "user",
    "refresh": "refresh",
    "verify": "verify",
    "person": "person",
    "evaluate": "evaluate",
    "alert": "alert",
    "send": "send",
    "start": "start",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 refused (a sentence on stderr), 2 wrong words."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m dashboard", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # only what is asked for is loaded: some commands bring half a second of libraries with them
    for name in words[:1] if words and words[0] in COMMANDS else COMMANDS:
        module = import_module(f"dashboard.commands.{COMMANDS[name]}")
        subparser = subparsers.add_parser(name, help=module.__doc__, description=module.__doc__)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    parsed = parser.parse_args(words)
    try:
        return int(parsed.run(parsed) or 0)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OperationalError as error:
        print(f"The database did not answer: {str(error.orig).splitlines()[0]}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
