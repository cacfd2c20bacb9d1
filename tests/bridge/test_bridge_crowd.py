"""Three instances in processes of their own, sixty clients, and a Redis server that is killed."""

from __future__ import annotations

import pytest
from crowd import Crowd
from process import ServeProcess

INSTANCES, EACH, ROUNDS = 3, 20, 40


@pytest.mark.timeout(200)
def test_every_message_reaches_everyone_once_though_redis_is_killed_twice(redis_server):
    """And restarted, with what it wrote to its disk. Each sender's order is kept."""
    redis = redis_server("--appendonly", "yes", "--appendfsync", "always")
    options = ["--bridge", redis.url(), "--log-level", "warning"]
    with (
        ServeProcess(*options) as one,
        ServeProcess(*options) as two,
        ServeProcess(*options) as three,
        Crowd() as crowd,
    ):
        servers = (one, two, three)
        everyone = [crowd.join(servers[number % 3].url) for number in range(INSTANCES * EACH)]
        _wait_until_all_receive_from_all(crowd, everyone)
        _talk(crowd, everyone, redis)
        expected = (len(everyone) - 1) * ROUNDS
        crowd.listen_until(
            lambda: all(len(_messages(member)) >= expected for member in everyone),
            "everything that was said",
        )
        crowd.listen(0.5)  # for what may come twice
        for index, member in enumerate(everyone):
            _check(member, index, len(everyone))
        for member in everyone:
            crowd.stop_listening(member)
            member.socket.close()
        for server in servers:
            assert server.stop() == 0
            assert "lost" not in server.log
            assert "dropped" not in server.log
            assert "Traceback" not in server.log


def _wait_until_all_receive_from_all(crowd, everyone):
    """One client of each instance calls, until all have received the two of others."""
    crowd.listen_until(lambda: all(m.is_open for m in everyone), "all handshakes")

    def have_all_received():
        for index in range(INSTANCES):
            everyone[index].say(b"call %d" % index)
        return all(
            {b"call %d" % other for other in range(INSTANCES) if other != index % INSTANCES}
            <= set(member.heard)
            for index, member in enumerate(everyone)
        )

    crowd.listen_until(have_all_received, "everyone to receive from all instances")


def _talk(crowd, everyone, redis):
    """Everyone says something in each round; in four of them, something happens to Redis."""
    what_happens = {10: redis.kill, 15: redis.start, 25: redis.kill, 26: redis.start}
    for number in range(ROUNDS):
        for index, member in enumerate(everyone):
            if index == len(everyone) // 2:
                what_happens.get(number, lambda: None)()
            member.say(b"%d says %d" % (index, number))
        crowd.listen(0.02)


def _messages(member) -> list[bytes]:
    return [text for text in member.heard if not text.startswith(b"call")]


def _check(member, index, count):
    numbers = {other: [] for other in range(count) if other != index}
    for text in _messages(member):
        who, number = text.split(b" says ")
        numbers[int(who)].append(int(number))  # a KeyError: it has received its own
    assert all(heard == list(range(ROUNDS)) for heard in numbers.values())
