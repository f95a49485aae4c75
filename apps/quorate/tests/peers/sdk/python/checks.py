"""What the Python scripts share: each check says one line, and the process fails when one of them does."""

import os
import sys
import traceback

URL = os.environ["QUORATE_URL"]
KEY = os.environ["QUORATE_KEY"]
# Models behind different wire formats, so that each check also runs translated.
MODELS = os.environ["QUORATE_MODELS"].split()

GREETING = "Good day to you, from a model that follows its script."
# A red square of 8 by 8.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVORK5CYII="
)
QUESTION = "Should we open a second shop in Porto next year? We have 80,000 euros."

_failed = []
_passed = []


def check(name, do, *arguments):
    """Runs one check and says how it went."""
    name = " ".join([name, *map(str, arguments)])
    try:
        do(*arguments)
    except Exception:
        _failed.append(name)
        print(f"FAILED {name}\n{traceback.format_exc()}")
    else:
        _passed.append(name)
        print(f"ok {name}")


def same(found, wanted):
    """Two values are the same, or the check fails with both."""
    assert found == wanted, f"{found!r} is not {wanted!r}"


def raises(kind, do):
    """What `do` raises, which must be exactly of this kind."""
    try:
        do()
    except Exception as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def end():
    """Says how many checks there were, and ends the process."""
    print(f"{len(_passed)} passed, {len(_failed)} failed")
    sys.exit(1 if _failed else 0)
