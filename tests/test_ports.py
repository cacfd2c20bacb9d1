"""Tests that run at the same time get different ports, and no two tests of a process the same."""

from __future__ import annotations

import itertools

from ports import RANGE, free_port, ports_of_worker


def test_no_port_is_given_to_two_workers():
    shares = [ports_of_worker(f"gw{number}", 4) for number in range(4)]
    assert sorted(itertools.chain(*shares)) == list(RANGE)


def test_no_port_is_given_twice():
    ports = [free_port() for _ in range(1000)]
    assert len(set(ports)) == len(ports)
