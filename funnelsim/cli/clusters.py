"""A cluster of Dask that a run is handed to. Who can talk to its scheduler can run code on its machines."""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from funnelsim.cli.ending import ClusterError, WrongInputError
from funnelsim.scenario import Place, Problem
from funnelsim.scenario.problems import shown

if TYPE_CHECKING:
    from funnelsim.metrics.executors import DaskClient

ENCRYPTED = ("tls", "wss")
SCHEMES = ("tcp", "ws", *ENCRYPTED)
PATIENCE = "10s"

NO_CERTIFICATES = (
    "Dask does not know your certificates; name them in its configuration (distributed.comm.tls.ca-file and "
    "distributed.comm.tls.client.cert and key) or in the environment (DASK_DISTRIBUTED__COMM__TLS__CA_FILE, "
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and …__KEY)"
)


def cluster_refused(address: str, insecure: bool) -> str | None:
    """Say why a run cannot be handed to a scheduler, as far as its address tells; None where it can be."""
    name = shown(address)
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None or parts.scheme not in SCHEMES:
        return f"{name} is no address of a scheduler; write it as in tls://host:8786"
    if importlib.util.find_spec("distributed") is None:
        return "a cluster needs Dask, which is not installed here; install funnelsim[dask]"
    if parts.scheme not in ENCRYPTED and not insecure and not _is_here(host):
        return (
            f"{name} is another machine, and nothing on the way there would be encrypted or signed, so that others "
            "could run code on it and on its workers; use tls://, or add --insecure where you trust all of the network"
        )
    return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[DaskClient | None]:
    """Connect to a scheduler for a while; None where no address is given.

    Raises
    ------
    WrongInputError
        If nobody answers.
    ClusterError
        If a task fails there.
    """
    if address is None:
        yield None
        return
    from funnelsim.metrics.executors import TaskError

    with _client(address) as client:
        if not client.nthreads():
            print(f"{address} has no workers yet; waiting for some …", file=sys.stderr)
        try:
            yield client
        except TaskError as error:
            if isinstance(error.__cause__, OverflowError):
                raise OverflowError(str(error)) from error
            raise ClusterError(str(error)) from error


def _client(address: str) -> Any:
    """Return a client of Dask, set up as Dask is configured."""
    import distributed

    connect, security = cast(Any, distributed.Client), cast(Any, distributed.Security)()
    try:
        if address.startswith(ENCRYPTED) and security.get_connection_args("client").get("ssl_context") is None:
            raise ValueError(NO_CERTIFICATES)  # with which a client would not even close
        return connect(address, security=security, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # of a network, of certificates, of other versions of Dask
        why = (str(error).splitlines() or [type(error).__name__])[0]
        message = f"no scheduler can be reached at {shown(address)} ({why})"
        raise WrongInputError([Problem(Place("--cluster"), "", message)]) from error
