"""A Spark cluster on loopback: a master and two workers, each a process as on a real one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

#: Runs a command and kills it with all its children once whoever started it has gone.
LEASH = '"$@" & read -r _; kill -KILL 0'

#: Quick to start rather than quick to run: what tests ask is small.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

LOOPBACK = "127.0.0.1"


@contextmanager
def leashed(command: list[str], log: Path) -> Iterator[None]:
    """Let a command run until the block ends, or this process does in whatever way."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", LEASH, "leash", *command],
            cwd=log.parent,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()


class Cluster:
    """`with Cluster(spark_home, folder) as cluster:` has two workers, and a session on them.

    `spark_home` is an installed Spark. Whatever the processes write lies in `folder`; what is
    in its `seau` the workers also find at `viewfs://nuage/seau`, which is no path of theirs.
    """

    workers = 2

    def __init__(self, spark_home: Path, folder: Path) -> None:
        self.folder = folder
        self._spark_home = spark_home

    def __enter__(self) -> Cluster:
        with ExitStack() as running:
            self._set_environment(running.enter_context(pytest.MonkeyPatch.context()))
            port, self._page = _free_ports(2)
            page = ("--webui-port", str(self._page))
            running.enter_context(self._started("master.Master", "master", port, *page))
            self._wait_for_workers(0)
            url = f"spark://{LOOPBACK}:{port}"
            for number in range(self.workers):
                name = f"worker-{number}"
                limits = ("--cores", "1", "--memory", "700m", "--work-dir", str(self.folder / name))
                worker = self._started("worker.Worker", name, 0, *limits, "--webui-port", "0", url)
                running.enter_context(worker)
            self.session = running.enter_context(self._session(url))
            self._wait_for_workers(self.workers)
            self._running = running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def state(self) -> dict[str, Any]:
        """What the master says of its workers and of the programs that use them."""
        with urlopen(f"http://{LOOPBACK}:{self._page}/json/", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def tasks(self) -> dict[str, int]:
        """How many tasks each worker's executor has done."""
        executors = self.session.sparkContext._jsc.sc().statusStore().executorList(True)
        each = (executors.apply(number) for number in range(executors.size()))
        return {one.id(): one.completedTasks() for one in each if one.id() != "driver"}

    def _set_environment(self, patch: pytest.MonkeyPatch) -> None:
        for name in list(os.environ):
            if name.startswith(("SPARK_", "PYSPARK_", "HADOOP_")):
                patch.delenv(name)
        patch.setenv("SPARK_HOME", str(self._spark_home))
        patch.setenv("SPARK_LOCAL_IP", LOOPBACK)
        patch.setenv("SPARK_LOCAL_DIRS", str(self.folder / "local"))
        patch.setenv("SPARK_DAEMON_MEMORY", "256m")
        patch.setenv("SPARK_DAEMON_JAVA_OPTS", QUICK)
        patch.setenv("SPARK_LAUNCHER_OPTS", QUICK)
        # Elsewhere Java opens no file whose name has an accent.
        patch.setenv("LC_ALL", "C.UTF-8")

    def _started(self, role: str, name: str, port: int, *arguments: str) -> Any:
        place = ("--host", LOOPBACK, "--port", str(port))
        program = str(self._spark_home / "bin" / "spark-class")
        command = [program, f"org.apache.spark.deploy.{role}", *place, *arguments]
        return leashed(command, self.folder / f"{name}.log")

    @contextmanager
    def _session(self, url: str) -> Iterator[Any]:
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        settings = {
            # Nothing is asked of the first before the second is there.
            "spark.cores.max": str(self.workers),
            "spark.scheduler.minRegisteredResourcesRatio": "1",
            "spark.driver.bindAddress": LOOPBACK,
            "spark.driver.extraJavaOptions": QUICK,
            "spark.driver.host": LOOPBACK,
            "spark.driver.memory": "512m",
            "spark.executor.extraJavaOptions": QUICK,
            "spark.executor.memory": "512m",
            "spark.hadoop.fs.viewfs.mounttable.nuage.link./seau": f"{self.folder.as_uri()}/seau",
            # A worker needs no Python of ours, nor any.
            "spark.pyspark.python": "no-python-on-a-worker",
            "spark.sql.adaptive.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        session = SparkSession.builder.master(url).config(map=settings).getOrCreate()
        try:
            session.sparkContext.setLogLevel("ERROR")
            yield session
        finally:
            session.stop()
            # PySpark leaves its own Java process to the end of Python.
            gateway, SparkContext._gateway, SparkContext._jvm = SparkContext._gateway, None, None
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait(timeout=30)

    def _wait_for_workers(self, number: int) -> None:
        for _ in range(1200):
            try:
                if len(self.state()["workers"]) == number:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        logs = sorted(self.folder.glob("*.log"))
        raise TimeoutError("\n".join(log.read_text(errors="replace")[-3000:] for log in logs))


def _free_ports(number: int) -> list[int]:
    """Ports that nobody has; the sockets are held at once, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
