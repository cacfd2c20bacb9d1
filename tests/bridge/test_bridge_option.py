"""The option `--bridge`: a wrong address, a package that is missing, and what it costs without."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from process import COMMAND

from msgproxy import InvalidOption, Server


@pytest.mark.parametrize(
    "url",
    [
        "", "localhost:6379", "http://localhost/?stream=talk", "redis://:s3cret@localhost/0",
        "redis://:s3cret@/0?stream=talk", "redis://:s3cret@localhost/talk?stream=talk",
        "redis://:s3cret@localhost:port/0?stream=talk", "redis://:s3cret@localhost/0?stream=",
        "redis://:s3cret@localhost/0?stream=talk&length=0", "redis://:s3cret@[::1/0?stream=talk",
        "redis://:s3cret@localhost/0?stream=talk&length=many", "redis://:s3cret@localhost/?talk",
        "redis://:s3cret@localhost/0?stream=talk&lenght=5", "redis://my..host/0?stream=talk",
    ],
)  # fmt: skip
def test_a_wrong_address_gets_one_clear_line_that_does_not_quote_it(url):
    """There may be a password in it."""
    with pytest.raises(InvalidOption) as caught:
        Server(port=0, bridge=url)
    assert "stream=NAME" in str(caught.value)
    done = run("serve", "--port", "0", "--bridge", url)
    assert done.returncode == 2
    assert re.fullmatch(r"msgproxy: .+\n", done.stderr)
    assert "s3cret" not in done.stderr


def test_the_address_may_stand_in_the_environment():
    """Where others cannot read the password."""
    environment = os.environ | {"MSGPROXY_BRIDGE": "redis://:s3cret@localhost/no-number"}
    done = subprocess.run(
        COMMAND, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 2
    assert done.stderr.startswith("msgproxy: a bridge is written redis://")


def run(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if code else COMMAND
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_without_the_package_redis_one_line_says_what_is_missing():
    """Without a bridge, no package is needed."""
    absent = """if True:
        import sys
        from importlib.machinery import PathFinder
        find = PathFinder.find_spec
        PathFinder.find_spec = lambda name, *rest: None if name == "redis" else find(name, *rest)
        from msgproxy.cli.main import main
        sys.exit(main(sys.argv[1:]))
    """
    done = run("serve", "--bridge", "redis://localhost/0?stream=talk", code=absent)
    assert (
        done.stderr == "msgproxy: a bridge needs the package redis: pip install 'msgproxy[redis]'\n"
    )
    assert done.returncode == 2


def test_without_the_option_nothing_of_it_is_imported():
    """Neither the package redis nor our own modules that use it."""
    code = """if True:
        import sys
        from msgproxy import Server
        with Server(port=0):
            print(sorted({"redis", "msgproxy.bridge.bridge"} & set(sys.modules)))
    """
    done = run(code=code)
    assert done.stdout == "[]\n", done.stderr
