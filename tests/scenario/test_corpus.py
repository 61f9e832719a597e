"""Every file of the corpus: the invalid ones with their exact message, the valid ones with their resolved form."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.scenario import ScenarioError, load, loads
from funnelsim.scenario.reading import MOST_BYTES, MOST_DEPTH

CORPUS = Path(__file__).parent.parent / "scenarios"
INVALID = sorted(path.stem for path in (CORPUS / "invalid").glob("*.yaml"))
VALID = sorted(path.stem for path in (CORPUS / "valid").glob("*.yaml") if not path.stem.endswith(".resolved"))


def test_the_corpus_is_large_enough() -> None:
    assert len(INVALID) >= 280
    assert len(VALID) >= 60


def test_every_message_has_its_scenario() -> None:
    assert sorted(path.stem for path in (CORPUS / "invalid").glob("*.txt")) == INVALID
    assert sorted(path.name for path in (CORPUS / "valid").glob("*.resolved.yaml")) == [
        f"{name}.resolved.yaml" for name in VALID
    ]


@pytest.mark.parametrize("name", INVALID)
def test_invalid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS / "invalid")
    with pytest.raises(ScenarioError) as error:
        load(f"{name}.yaml")
    assert f"{error.value}\n" == Path(f"{name}.txt").read_text(encoding="utf-8")
    problems = error.value.problems
    assert list(problems) == sorted(problems)
    assert all(problem.place.line and problem.place.column for problem in problems)


@pytest.mark.parametrize("name", VALID)
def test_valid(name: str) -> None:
    scenario = load(CORPUS / "valid" / f"{name}.yaml")
    resolved = (CORPUS / "valid" / f"{name}.resolved.yaml").read_text(encoding="utf-8")
    assert scenario.dump() == resolved
    again = loads(resolved)
    assert again == scenario
    assert again.dump() == resolved
    for variant in scenario.variants:
        assert again.variant(variant) == scenario.variant(variant)
        assert loads(scenario.variant(variant).dump()) == scenario.variant(variant)


def test_too_large_is_refused_without_reading_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("large.yaml").write_bytes(b"# padding\n" * (MOST_BYTES // 10 + 1))
    with pytest.raises(ScenarioError) as error:
        load("large.yaml")
    assert str(error.value) == "large.yaml:1:1: the file is larger than 1_000_000 bytes; a scenario is small"


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- "])
def test_too_deep_is_refused_before_the_end_is_seen(bracket: str) -> None:
    # the file breaks off in the middle: its syntax error lies behind the depth that is refused first
    with pytest.raises(ScenarioError) as error:
        loads(f"a: {bracket * 5000}" if bracket != "- " else bracket * 5000, "deep.yaml")
    assert str(error.value).endswith(f"deeper than {MOST_DEPTH} levels; a scenario is flat")
    assert len(error.value.problems) == 1


def test_the_deepest_allowed_is_read() -> None:
    with pytest.raises(ScenarioError) as error:
        loads("a: " + "[" * (MOST_DEPTH - 2) + "]" * (MOST_DEPTH - 2))
    assert "deeper" not in str(error.value)
