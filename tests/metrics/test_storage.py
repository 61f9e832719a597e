from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest

import funnelsim as fs
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario

LEFT_OUT = object()


@pytest.fixture
def saved(result: Result, tmp_path: Path) -> Path:
    path = tmp_path / "results" / "trunk.zarr"
    result.save(path)
    return path


def attributes(path: Path) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(json.loads((path / ".zattrs").read_text("utf-8"))["funnelsim"])
    return text


def rewrite(path: Path, **changes: Any) -> None:
    """Change the attributes of a saved result."""
    changed = {key: value for key, value in {**attributes(path), **changes}.items() if value is not LEFT_OUT}
    (path / ".zattrs").write_text(json.dumps({"funnelsim": json.dumps(changed)}), "utf-8")


def test_saved_and_loaded_to_the_same_bits(results: dict[str | None, Result], tmp_path: Path) -> None:
    for by, result in results.items():
        path = tmp_path / f"{by}.zarr"
        result.save(path)
        loaded = fs.load_result(path)
        assert loaded.data.identical(result.data)
        assert {name: v.dtype for name, v in loaded.data.variables.items()} == {
            name: v.dtype for name, v in result.data.variables.items()
        }
        assert loaded.scenario == result.scenario
        for field in ("variant", "seed", "replications", "version", "engine", "by", "cohorts"):
            assert getattr(loaded, field) == getattr(result, field)
        assert loaded.to_dict() == result.to_dict()
        assert repr(loaded) == repr(result)
        with pytest.raises(ValueError, match="read-only"):
            loaded.data["entries"].values[0] = 0


def test_a_loaded_result_runs_again_to_the_same_bits(scenario: Scenario, tmp_path: Path) -> None:
    result = fs.simulate(scenario.variant("rare"), replications=3, seed=2**64 - 1)
    result.save(tmp_path / "r")
    again = fs.load_result(tmp_path / "r").rerun()
    assert again.data.identical(result.data)
    assert again.variant == "rare"


def test_the_file_is_zarr_2_with_one_json_string_and_no_objects(saved: Path) -> None:
    assert json.loads((saved / ".zgroup").read_text("utf-8")) == {"zarr_format": 2}
    assert attributes(saved)["format"] == 3
    assert attributes(saved)["scenario"].startswith("format: 1\n")
    for array in saved.rglob(".zarray"):
        meta = json.loads(array.read_text("utf-8"))
        assert meta["filters"] is None
        assert "O" not in meta["dtype"]


def test_what_is_there_is_not_overwritten_unless_told(result: Result, scenario: Scenario, saved: Path) -> None:
    with pytest.raises(
        FileExistsError, match=r"trunk.zarr is there already; choose another name, or pass overwrite=True"
    ):
        result.save(saved)
    other = fs.simulate(scenario, replications=2, seed=77)
    other.save(saved, overwrite=True)
    assert fs.load_result(saved).seed == 77
    assert [path.name for path in saved.parent.iterdir()] == ["trunk.zarr"]


def test_only_results_are_overwritten(result: Result, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="precious: not a result of funnelsim"):
        result.save(precious, overwrite=True)
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_an_interrupted_save_leaves_nothing(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xarray.Dataset.to_zarr", interrupt)
    with pytest.raises(KeyboardInterrupt):
        result.save(tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_tables_of_contact_survive(nurtured: dict[str | None, fs.Result], tmp_path: Path) -> None:
    result = nurtured["need_seen"]
    result.save(tmp_path / "nurture.zarr")
    again = fs.load_result(tmp_path / "nurture.zarr")
    for by in ("track", "touch", "content"):
        assert again.contacts(by).equals(result.contacts(by))  # type: ignore[arg-type]
    assert again.score_profile().equals(result.score_profile())
    assert again.where_leads_leave().equals(result.where_leads_leave())
    assert again.to_dict() == result.to_dict()


# ---------------------------------------------------------------- refused files
def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none.zarr: there is no such file"):
        fs.load_result(tmp_path / "none.zarr")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"funnelsim": 3}', '{"funnelsim": "[]"}', "\x00\xff"])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    (tmp_path / ".zattrs").write_text(text)
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(ValueError, match="not a result of funnelsim"):
            fs.load_result(path)


@pytest.mark.parametrize("number", [0, 1, 2, "3", None])
def test_other_formats_are_refused(saved: Path, number: Any) -> None:
    rewrite(saved, format=number, version="9.9")
    message = rf"trunk.zarr: written by funnelsim 9.9 in format {number}, and this version reads format 3 only; run the"
    with pytest.raises(ValueError, match=message):
        fs.load_result(saved)


def test_a_scenario_of_another_version_is_refused(saved: Path) -> None:
    rewrite(saved, scenario=attributes(saved)["scenario"].replace("horizon:", "horizons:"), version="9.9")
    with pytest.raises(
        ValueError, match=r"written by funnelsim 9.9, whose scenario this version refuses:\n(.*\n)*.*horizons"
    ):
        fs.load_result(saved)


def test_missing_attributes_are_refused(saved: Path) -> None:
    rewrite(saved, seed=LEFT_OUT)
    with pytest.raises(ValueError, match=r"a damaged result \(without 'seed'\)"):
        fs.load_result(saved)


@pytest.mark.parametrize("lost", [".zmetadata", "entries"])
def test_damaged_files_are_refused(saved: Path, lost: str) -> None:
    target = saved / lost
    if target.is_file():
        target.unlink()
    else:
        for chunk in target.iterdir():
            if not chunk.name.startswith("."):
                chunk.write_bytes(b"garbage")
    with pytest.raises(ValueError, match="a damaged result"):
        fs.load_result(saved)


def test_pickles_are_never_opened(saved: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "exploded",)

    codec = {"id": "pickle", "protocol": 5}
    payload = numcodecs.Pickle().encode(np.array([Bomb()], object))
    meta = {
        "zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "|O", "compressor": None,
        "fill_value": None, "order": "C", "filters": [codec],
    }  # fmt: skip
    shutil.rmtree(saved / "stalled")
    (saved / "stalled").mkdir()
    (saved / "stalled" / "0").write_bytes(payload)
    (saved / "stalled" / ".zarray").write_text(json.dumps(meta))
    (saved / "stalled" / ".zattrs").write_text(json.dumps({"_ARRAY_DIMENSIONS": ["replication"]}))
    described = json.loads((saved / ".zmetadata").read_text())
    described["metadata"]["stalled/.zarray"] = meta
    (saved / ".zmetadata").write_text(json.dumps(described))
    with pytest.raises(ValueError, match=r"trunk.zarr: holds objects \(pickle\), which no result does"):
        fs.load_result(saved)
    assert not (tmp_path / "exploded").exists()
