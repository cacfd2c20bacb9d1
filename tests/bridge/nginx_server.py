"""A real nginx with the tutorial's configuration, on free ports, with a certificate of its own."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Self

from clients import wait_for
from ports import free_port
from redis_server import needs_program

DEPLOY = Path(__file__).parents[2] / "tutorial" / "deploy"
NAME = "chat.example"


class Nginx:
    """Runs `try.conf` of a folder, until the end of the `with` block."""

    def __init__(self, folder: Path, port: int, plain_port: int, name: str) -> None:
        """`name` is that of the certificate in the folder."""
        self.folder, self.name = folder, name
        self.port, self.plain_port = port, plain_port

    def __enter__(self) -> Self:
        # One process, so that nothing is left when it is killed.
        options = ["-e", "stderr", "-p", str(self.folder), "-g", "master_process off;"]
        command = ["nginx", *options, "-c", str(self.folder / "try.conf")]
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_for(self._listens, "nginx to listen")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        finally:
            self.process.kill()

    def connect(self) -> ssl.SSLSocket:
        """Return a connection over TLS, to a server that has proved its name."""
        trust = ssl.create_default_context(cafile=self.folder / f"{self.name}.crt")
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        try:
            return trust.wrap_socket(plain, server_hostname=self.name)
        except BaseException:
            plain.close()
            raise

    def _listens(self) -> bool:
        output = (self.folder / "output").read_text()
        assert self.process.poll() is None, f"nginx has ended: {output}"
        try:
            for port in (self.port, self.plain_port):
                socket.create_connection(("127.0.0.1", port), timeout=20).close()
        except ConnectionRefusedError:
            return False
        return True


class NginxServer(Nginx):
    """In front of servers that run already, with the site of the tutorial."""

    def __init__(self, folder: Path, ports: list[int], without: str = "") -> None:
        """`without` is the beginning of a line that the configuration then lacks."""
        for program in ("nginx", "openssl"):
            needs_program(program)
        super().__init__(folder, free_port(), free_port(), NAME)
        make_certificate(folder, NAME)
        shutil.copy(DEPLOY / "try.conf", folder)
        (folder / "site.conf").write_text(self._site(ports, without))

    def _site(self, ports: list[int], without: str) -> str:
        """Return the site of the tutorial, with other ports and files."""
        site = "".join(
            line
            for line in (DEPLOY / "nginx.conf").read_text().splitlines(keepends=True)
            if not (without and line.strip().startswith(without))
        )
        changes = {
            "/etc/ssl": str(self.folder),
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}",
            **{f"127.0.0.1:{8765 + n};": f"127.0.0.1:{port};" for n, port in enumerate(ports)},
        }
        assert all(site.count(old) >= 1 for old in changes), "the configuration has changed"
        # All at once: a port that is put in may look like another one that has to be replaced.
        pattern = "|".join(map(re.escape, changes))
        return re.sub(pattern, lambda match: changes[match[0]], site)


def make_certificate(folder: Path, name: str) -> None:
    """Make a certificate for a name, which is its own authority: `name.crt` and `name.key`."""
    kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = f"-subj /CN={name} -addext subjectAltName=DNS:{name}"
    files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
    subprocess.run(
        [shutil.which("openssl"), *kind.split(), *names.split(), *files],
        check=True,
        capture_output=True,
        timeout=60,
    )
