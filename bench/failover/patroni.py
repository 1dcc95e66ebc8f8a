"""Three PostgreSQL servers under Patroni, with etcd and HAProxy: nobody has to promote.

Debian: patroni, etcd-server, haproxy, postgresql. The programs are found on the PATH.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bench.machine import free_port
from tests import postgres

NODES = ("n1", "n2", "n3")
CONFIG = """
scope: factcheck
name: {name}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
etcd3: {{host: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 2
    retry_timeout: 5
    synchronous_mode: true
    postgresql: {{use_pg_rewind: true}}
  initdb: [{{encoding: UTF8}}, data-checksums]
  pg_hba:
    - host all all 127.0.0.1/32 trust
    - host replication all 127.0.0.1/32 trust
    - local all all trust
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {home}/{name}
  bin_dir: {binaries}
  pgpass: {home}/{name}.pgpass
  authentication:
    superuser: {{username: postgres, password: x}}
    replication: {{username: replicator, password: x}}
    rewind: {{username: rewinder, password: x}}
  parameters: {{unix_socket_directories: {home}, max_connections: 200}}
"""
HAPROXY = """
global
  maxconn 200
defaults
  mode tcp
  timeout connect 2s
  timeout client 1m
  timeout server 1m
{listeners}
"""
LISTENER = """
listen {name}
  bind 127.0.0.1:{port}
  balance roundrobin
  option httpchk GET /{name}
  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


class Cluster:
    """Patroni's three nodes behind HAProxy; `kill` ends the leader with its Patroni."""

    def __init__(self, stack: ExitStack) -> None:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="factcheck-patroni-")))
        home.chmod(0o777)
        self.etcd, peer = free_port(), free_port()
        self.rest = {name: free_port() for name in NODES}
        self.port = {name: free_port() for name in NODES}
        self.primary, self.replica = free_port(), free_port()
        self.home, self.processes = home, {}
        stack.callback(self._stop)
        client, other = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{peer}"
        options = ("--listen-client-urls", client, "--advertise-client-urls", client)
        options += ("--listen-peer-urls", other, "--initial-advertise-peer-urls", other)
        # It reserves as much of the address space as it may ever store: 64 MB, not 2 GB.
        options += ("--initial-cluster", f"default={other}", "--quota-backend-bytes", "67108864")
        self._start("etcd", "etcd", "--data-dir", str(home / "etcd"), *options)
        for name in NODES:
            self._node(name)
            self._await(lambda name=name: self._answers(name, "health"), f"{name} to run")
        self._await(lambda: sum(self._answers(name, "replica") for name in NODES) == 2, "two standbys")
        listeners = [("primary", self.primary), ("replica", self.replica)]
        (home / "haproxy.cfg").write_text(
            HAPROXY.format(listeners="".join(self._listener(*listener) for listener in listeners))
        )
        self._start("haproxy", "haproxy", "-f", str(home / "haproxy.cfg"))
        time.sleep(3)

    @property
    def write_url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.primary}/postgres"

    @property
    def read_url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.replica}/postgres"

    def kill(self) -> str:
        """Kill the leader's PostgreSQL and its Patroni, as a machine that loses power does."""
        leader = next(name for name in NODES if self._answers(name, "primary"))
        postmaster = int((self.home / leader / "postmaster.pid").read_text().split()[0])
        self.processes[leader].send_signal(signal.SIGKILL)
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        return f"killed {leader} with its Patroni"

    def _node(self, name: str) -> None:
        config = self.home / f"{name}.yml"
        config.write_text(
            CONFIG.format(
                name=name,
                rest=self.rest[name],
                port=self.port[name],
                etcd=self.etcd,
                home=self.home,
                binaries=postgres.binaries(),
            )
        )
        as_user = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        )
        self._start(name, *as_user, "patroni", str(config))

    def _listener(self, name: str, port: int) -> str:
        servers = "\n".join(
            f"  server {node} 127.0.0.1:{self.port[node]} check port {self.rest[node]}" for node in NODES
        )
        return LISTENER.format(name=name, port=port, servers=servers)

    def _start(self, name: str, *command: str) -> None:
        with (self.home / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(command, cwd="/", stdout=log, stderr=log)

    def _answers(self, node: str, role: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest[node]}/{role}", timeout=2) as answer:
                return bool(json.load(answer)["state"] == "running")
        except OSError:
            return False

    def _await(self, true: "object", what: str) -> None:
        deadline = time.monotonic() + 90
        while not true():  # type: ignore[operator]
            if time.monotonic() > deadline:
                logs = "\n".join(log.read_text()[-1500:] for log in self.home.glob("*.log"))
                raise SystemExit(f"Waited in vain for {what}.\n{logs}")
            time.sleep(0.3)

    def _stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            process.wait(30)
