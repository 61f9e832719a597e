from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Every run tries the same examples, however fast the machine is; a failure repeats.
settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def compiled_kernel() -> None:
    """See that the kernel is compiled, so that no command says that it has to be."""
    from funnelsim.cli.starting import prepare_kernel

    prepare_kernel()
