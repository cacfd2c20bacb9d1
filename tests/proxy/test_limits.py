"""The limits by themselves: which values make sense, and that the defaults do."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from msgproxy import InvalidOption, Limits
from msgproxy.events import ITEM_OVERHEAD

DAY = 24 * 60 * 60
NAMES = [field.name for field in fields(Limits)]
TIMES = ["handshake_timeout", "ping_interval", "ping_timeout", "close_timeout"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan])
def test_a_limit_is_a_number_above_0(name, value):
    """Each is a bound: none of them can be turned off."""
    with pytest.raises(InvalidOption, match=f"^{name} has to be more than 0, not {value}$"):
        Limits(**{name: value})


@pytest.mark.parametrize("name", TIMES)
def test_a_time_may_be_a_day_and_no_longer(name):
    assert getattr(Limits(**{name: DAY}), name) == DAY
    with pytest.raises(InvalidOption, match=f"^{name} may be 86400 seconds at most, not 86401$"):
        Limits(**{name: DAY + 1})


def test_what_the_broker_can_take_at_once_fits_on_an_outbound_queue():
    """The bytes at which a reader waits, and one message beyond them."""
    smallest = 1000 + 200 + ITEM_OVERHEAD
    limits = Limits(inbound_limit=1000, max_message_size=200, outbound_limit=smallest)
    assert limits.smallest_outbound_limit == smallest
    with pytest.raises(InvalidOption, match=rf"{smallest - 1} bytes, and .* at least {smallest} "):
        Limits(inbound_limit=1000, max_message_size=200, outbound_limit=smallest - 1)
