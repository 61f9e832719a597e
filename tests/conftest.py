from __future__ import annotations

from hypothesis import HealthCheck, settings

# Every run tries the same examples, however fast the machine is; a failure repeats.
settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
