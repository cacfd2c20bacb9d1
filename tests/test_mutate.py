"""What `tests/mutate` puts into the core: a change of one place each, and Python all the same."""

from __future__ import annotations

import pytest
from mutate.mutations import ROOT, Finder


@pytest.mark.parametrize("module", ["concurrency/threads", "session", "tracing/recording"])
def test_a_mutation_is_python_and_changes_one_place(module):
    found = Finder(module).found
    assert len(found) > 5
    before = (ROOT / "msgproxy" / f"{module}.py").read_text(encoding="utf-8")
    for mutation in found:
        assert mutation.is_python(), mutation
        assert mutation.apply() != before
        assert str(mutation).count("@@") == 2, "one place"


def test_what_is_changed_is_what_such_code_gets_wrong():
    """A call that is dropped, an `except` that catches nothing, a deadline, an order."""
    changed = "\n".join(map(str, Finder("acceptor").found))
    for line in (
        "-        self._shared.stop.set()\n+        pass\n",
        "-        except OSError as error:  # no more files\n+        except () as error:",
        "-RETRY_DELAY = 0.2\n+RETRY_DELAY = (0.2 * 1000)\n",
        "+        self._readers.add(reader)\n         reader.thread.start()\n",
    ):
        assert line in changed
