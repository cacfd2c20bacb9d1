"""Redis over TLS: an instance talks to the server that its address names, and to no other."""

from __future__ import annotations

import pytest
from clients import PATIENCE, wait_for
from joined_servers import check_that_locals_talk, lines
from nginx_server import make_certificate
from ports import free_port
from redis_server import STREAM

from msgproxy.bridge.address import parse
from msgproxy.bridge.stream import RedisConnection, RedisUnavailable
from msgproxy.concurrency.stop import StopSignal

PASSWORD = "s3cret-word"


def start_redis(folder, redis_server, name):
    """Return a Redis server with a certificate for `name`, and its address on localhost."""
    make_certificate(folder, name)
    port = free_port()
    files = ["--tls-cert-file", f"{folder}/{name}.crt", "--tls-key-file", f"{folder}/{name}.key"]
    options = ["--tls-port", str(port), "--tls-auth-clients", "no", "--requirepass", PASSWORD]
    redis = redis_server(*options, *files)
    return redis, f"rediss://:{PASSWORD}@localhost:{port}/0?stream={STREAM}"


def trust(monkeypatch, folder, name):
    """Let every TLS client of this process trust the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", f"{folder}/{name}.crt")


def test_two_instances_talk_through_a_redis_with_tls(tmp_path, monkeypatch, redis_server, pair):
    """Small messages and large ones, in both directions."""
    _, url = start_redis(tmp_path, redis_server, "localhost")
    trust(monkeypatch, tmp_path, "localhost")
    _, _, ada, bob = pair(url)
    for message in ("hello", b"\x00\xff" * 100_000, ""):
        ada.send(message)
        assert bob.receive() == message
        bob.send(message)
        assert ada.receive() == message


def test_a_certificate_of_another_host_is_refused_though_it_is_trusted(
    tmp_path, monkeypatch, redis_server, pair, connect, caplog
):
    """Whoever has a valid certificate for any name could answer: it would get the password."""
    redis, url = start_redis(tmp_path, redis_server, "other.example")
    trust(monkeypatch, tmp_path, "other.example")
    here, _, ada, _ = pair(url, wait=False)
    wait_for(lambda: lines(caplog, "certificate is not valid for 'localhost'"), "a line in the log")
    check_that_locals_talk(here, connect, ada)
    wait_for(lambda: lines(caplog, "cannot publish to the other instances"), "a line in the log")
    assert redis.ask("EXISTS", STREAM, password=PASSWORD) == 0


def test_a_certificate_that_nobody_has_vouched_for_is_refused(
    tmp_path, redis_server, pair, connect, caplog
):
    """The right name in it proves nothing: everyone can write it there."""
    redis, url = start_redis(tmp_path, redis_server, "localhost")
    here, _, ada, _ = pair(url, wait=False)
    wait_for(lambda: lines(caplog, "self-signed certificate"), "a line in the log")
    check_that_locals_talk(here, connect, ada)
    wait_for(lambda: lines(caplog, "cannot publish to the other instances"), "a line in the log")
    assert redis.ask("EXISTS", STREAM, password=PASSWORD) == 0


def test_an_interrupted_thread_is_never_given_encrypted_bytes(tmp_path, monkeypatch, redis_server):
    """What has arrived already is decrypted as before, and then comes the end."""
    _, url = start_redis(tmp_path, redis_server, "localhost")
    trust(monkeypatch, tmp_path, "localhost")
    stop = StopSignal()
    connection = RedisConnection(parse(url), stop)
    try:
        connection.connect()
        client = connection._connection
        client.send_command("ECHO", "hello")
        assert stop.wait(client._sock, PATIENCE), "the answer is there"
        connection.interrupt()
        assert client.read_response() == b"hello"
        with pytest.raises(RedisUnavailable):
            connection.now()
    finally:
        connection.close()
        stop.close()
