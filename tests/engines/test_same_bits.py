"""The same bits on any processor: one script (`fingerprint.py`), in processes that may use more or less of this one."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

SCRIPT = Path(__file__).with_name("fingerprint.py")

WITHOUT_NUMBA = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
WITHOUT_NUMPY = {"NPY_DISABLE_CPU_FEATURES": " ".join(name for name in __cpu_dispatch__ if __cpu_features__[name])}
WITHOUT_C = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4,-AVX512F,-AVX512VL,-SSE4_1"
}
PROCESSES = {
    "as it is": {},
    "generic processor": WITHOUT_NUMBA,
    "plain libraries": {**WITHOUT_NUMPY, **WITHOUT_C},
}

# Of this version, on every processor. They change only where draws are meant to change, which the changelog then says.
PUBLISHED = {
    "philox": "d38d3f0fd482fd1ac044c354fef24d58e4e29b0fd9105932390c2210ca79ddcc",
    "elementary": "b9cdfeec61b68adc4552ee82170c101b08e4023f28072b9161cede1a1141abaf",
    "gamma and beta": "890aa9706f8b9e066d3749ee7b6c88510bda4904e9c2c98b7ade5783cf309788",
    "samplers": "c6835345df1e25c17013adb3095bf57632a2b39c47107b53f11dfadd5a9c90d6",
}

Fingerprint = dict[str, Any]


@pytest.fixture(scope="module")
def fingerprints() -> dict[str, Fingerprint]:
    """What the script prints in each process; they run side by side."""
    started = {
        name: subprocess.Popen(
            [sys.executable, "-W", "error", SCRIPT],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, environment in PROCESSES.items()
    }
    outputs = {name: process.communicate(timeout=300)[0] for name, process in started.items()}
    assert [process.returncode for process in started.values()] == [0] * len(started)
    return {name: json.loads(output) for name, output in outputs.items()}


@pytest.mark.parametrize("name", PROCESSES)
def test_same_bits(fingerprints: dict[str, Fingerprint], name: str) -> None:
    assert fingerprints[name]["digests"] == fingerprints["as it is"]["digests"]


@pytest.mark.parametrize("part", PUBLISHED)
def test_published_bits(fingerprints: dict[str, Fingerprint], part: str) -> None:
    assert fingerprints["as it is"]["digests"][part] == PUBLISHED[part]


def test_a_single_bit_is_noticed(fingerprints: dict[str, Fingerprint]) -> None:
    assert fingerprints["as it is"]["bent"] != fingerprints["as it is"]["digests"]["elementary"]


def test_processes_do_differ(fingerprints: dict[str, Fingerprint]) -> None:
    assert fingerprints["generic processor"]["features"]["numba_processor"] == "generic"
    assert fingerprints["generic processor"]["features"]["numba"] == [""]
    assert fingerprints["as it is"]["features"]["numba"] != [""]
    assert fingerprints["plain libraries"]["features"]["numpy"] == []
    fused = "+fma" in fingerprints["as it is"]["features"]["numba"]
    if fused and platform.libc_ver()[0] == "glibc":  # there the C library's functions differ, and ours must not
        assert fingerprints["plain libraries"]["libraries"] != fingerprints["as it is"]["libraries"]
