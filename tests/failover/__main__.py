"""`make failover`: faults of the database's cluster while clients write through the service; prints a table.

Each refused request has to be a 503 with Retry-After, no acknowledged write may be lost, nothing may be done twice.
"""

import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.failover import hosts, network, rounds
from tests.failover.cluster import Cluster
from tests.failover.load import prepare_direct
from tests.failover.service import TOP, Service

DATABASE = "freiton"
# The logs of all machines are copied there at the end.
LOGS = TOP / "build" / "failover"


def main() -> None:
    """Carry out all rounds and print the table; exit with 1 if something was lost, done twice or refused wrongly."""
    options = _read_options()
    network.enter()
    network.build_bridge()
    with tempfile.TemporaryDirectory(prefix="freiton-failover-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            failures = _run(options, folder)
        finally:
            LOGS.mkdir(parents=True, exist_ok=True)
            for log in folder.glob("*.log"):
                shutil.copy(log, LOGS)
    if failures:
        sys.exit("\n".join(failures))


def _run(options: Namespace, folder: Path) -> list[str]:
    with ExitStack() as stack:
        cluster = Cluster(folder)
        stack.callback(cluster.stop)
        cluster.start()
        prepare_direct(cluster)
        service = None if options.direct else stack.enter_context(_serve(cluster, folder))
        if service and options.hosts:
            hosts.check_hosts(service, lambda: cluster.connect(DATABASE), options.hosts)
        faults = [*rounds.FAULTS, *(rounds.HOST_FAULTS if service else ())]
        planned = {fault: number for fault, number in zip(faults, options.rounds, strict=False) if number}
        results = [rounds.run_rounds(cluster, service, DATABASE, *plan) for plan in planned.items()]
    rounds.print_table(results)
    return [failure for result in results for failure in rounds.list_failures(result)]


@contextmanager
def _serve(cluster: Cluster, folder: Path) -> Iterator[Service]:
    """Run the service on the cluster."""
    with cluster.connect("postgres") as connection:
        connection.execute(f"create database {DATABASE}")
    service = Service(cluster.url(DATABASE), folder)
    try:
        service.start()
        yield service
    finally:
        service.stop()


def _read_options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.failover", description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="how often the primary's node is killed")
    parser.add_argument("--postmasters", type=int, default=3, help="how often the primary's postmaster is killed")
    parser.add_argument("--partitions", type=int, default=5, help="how often the primary is cut off")
    parser.add_argument("--frozen-primaries", type=int, default=2, help="how often the primary's node is stopped")
    parser.add_argument("--frozen-standbys", type=int, default=2, help="how often the standby's node is stopped")
    parser.add_argument("--cut-hosts", type=int, default=3, help="how often a host of the service is cut off")
    parser.add_argument("--frozen-hosts", type=int, default=3, help="how often a host of the service is stopped")
    parser.add_argument(
        "--hosts", type=int, default=1000, help="how often a host writes what others read; 0: no checks"
    )
    parser.add_argument("--direct", action="store_true", help="without the service: the failover of the cluster alone")
    options = parser.parse_args()
    options.rounds = [
        *(options.kills, options.postmasters, options.partitions),
        *(options.frozen_primaries, options.frozen_standbys, options.cut_hosts, options.frozen_hosts),
    ]
    return options


if __name__ == "__main__":
    main()
