"""`funnelsim check`: exit codes, what it says, and its reports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner

from funnelsim.checks import markdown as pages
from funnelsim.checks.baselines import path_of, write
from funnelsim.checks.checking import Check, found_in, is_scenario, loaded
from funnelsim.checks.markdown import MOST_ANNOTATIONS, notices
from funnelsim.cli.commands import app
from tests.checks.small import SCENARIO, written

pytestmark = pytest.mark.usefixtures("compiled_kernel")

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "scenarios" / "nurture_before_after.yaml"


def check(*words: object, code: int = 0, **variables: str) -> Any:
    result = CliRunner().invoke(app, ["check", *map(str, words)], catch_exceptions=False, env=variables)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A scenario file with its baseline."""
    found = written(tmp_path)
    check("--update", found)
    return found


def test_kept(path: Path) -> None:
    said = check(path.parent).stdout
    assert f"{path}: 3 of 4 guards kept; as in the baseline" in said
    assert re.search(rf"{re.escape(str(path))}:14:20: warning, broken: sql p90 < 50: p90 is .* not to be had", said)
    assert said.endswith("1 file, 4 guards: 3 kept, 1 broken\n")


def test_broken(path: Path) -> None:
    written(path.parent, SCENARIO.replace("chance: 30%, to", "chance: 27%, to"))
    result = check(path, code=1)
    assert result.stderr == "1 of 1 files break what they promise\n"
    line = next(line for line in result.stdout.splitlines() if "broken: sql mean > 57" in line)
    assert line.startswith(f"{path}:14:9: broken: sql mean > 57: mean is ")
    assert "% interval" in line
    assert "since the baseline it has moved by -" in line
    assert line.endswith("changed: stages.lead.moves.call.chance: 30% -> 27%")
    table = [line for line in result.stdout.splitlines() if line.startswith(("metric ", "sql "))]
    assert len(table) == 2
    assert all(len(line) <= 80 for line in table)


def test_wrong_input_of_all_files_is_said_at_once(path: Path) -> None:
    written(path.parent, SCENARIO.replace("to: sql,", "to: sqll,"), "renamed.yaml")
    written(path.parent, SCENARIO.replace("  sql: [", "  sqll: [").replace("1.1 * baseline", "200"), "unknown.yaml")
    result = check(path.parent, code=2)
    assert result.stdout == ""
    assert "renamed.yaml:7:" in result.stderr
    assert "unknown.yaml:14:3: thresholds.sqll: no metric 'sqll' (did you mean 'sql'?)" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere.yaml"], "no such file or folder"),
        (["*.yam"], "no scenario fits this pattern"),
        (["small.yaml", "--junit", "."], "is a folder; name a file in it"),
        (["empty"], "no scenario in this folder"),
    ],
)
def test_wrong_options(path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str) -> None:
    monkeypatch.chdir(path.parent)
    (path.parent / "empty").mkdir()
    assert message in check(*words, code=2).stderr


def test_only_scenarios_of_a_folder_are_checked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path.parent / "table.yaml").write_text("title: a table\nrows: {format: 1}\n")
    assert found_in(path.parent) == [path]
    assert found_in(ROOT / "scenarios")[0] == ROOT / "scenarios" / "aim.yaml"
    assert not is_scenario(ROOT / "scenarios" / "evidence.yaml")
    monkeypatch.chdir(path.parent)
    assert check("s*.yaml", "--only-load").stdout == "1 scenarios are right, with 4 guards\n"


def test_more_replications_are_run_while_it_is_open(path: Path) -> None:
    written(path.parent, SCENARIO.replace("mean > 57", "mean > 60"))
    result = check(path, "-j", 1, code=1)
    assert "not settled: sql mean > 60" in result.stdout
    assert "after 200 replications" in result.stdout


# ---------------------------------------------------------------- the study that is guarded
def test_a_weaker_touch_breaks_the_promise(tmp_path: Path) -> None:
    few = "{replications: 100, max_replications: 200}"
    text = STUDY.read_text("utf-8").replace("{replications: 1000}", few)
    found = written(tmp_path, text)
    write(Check(loaded(found, updating=True)).baseline(), path_of(found))
    text = text.replace("response: 4%", "response: 3.2%").replace("response: 1.6%", "response: 1.28%")
    written(tmp_path, text)
    result = check(found, code=1)
    number = 1 + next(place for place, line in enumerate(text.splitlines()) if "D0.7: 180 SQLs" in line)
    line = next(line for line in result.stdout.splitlines() if "broken: after: sql@2026-06-01 mean > 175" in line)
    assert line.startswith(f"{found}:{number}:")
    moved = re.search(r"moved by (-[0-9.]+)", line)
    assert moved is not None
    assert float(moved[1]) == pytest.approx(-20, abs=2), "a fifth of the 100 SQLs of the base"


def test_a_renamed_stage_is_wrong_input(tmp_path: Path) -> None:
    text = STUDY.read_text("utf-8").replace("  dormant: {}", "  asleep: {}")
    result = check(written(tmp_path, text), code=2)
    assert "small.yaml:63:46: tracks.reactivation.exhausted.to: no stage 'dormant'" in result.stderr


# ---------------------------------------------------------------- reports
JUNIT = etree.XMLSchema(
    etree.fromstring("""
<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema">
 <x:simpleType name="seconds"><x:restriction base="x:string">
  <x:pattern value="(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\\.[0-9]*)?"/></x:restriction></x:simpleType>
 <x:complexType name="message" mixed="true"><x:attribute name="type"/><x:attribute name="message"/></x:complexType>
 <x:complexType name="case">
  <x:choice minOccurs="0" maxOccurs="unbounded">
   <x:element name="failure" type="message"/><x:element name="error" type="message"/>
   <x:element name="skipped" type="message"/>
   <x:element name="system-out" type="x:string"/><x:element name="system-err" type="x:string"/>
  </x:choice>
  <x:attribute name="name" use="required"/><x:attribute name="time"/><x:attribute name="classname"/>
  <x:attribute name="group"/>
 </x:complexType>
 <x:complexType name="suite">
  <x:sequence><x:element name="testcase" type="case" minOccurs="0" maxOccurs="unbounded"/></x:sequence>
  <x:attribute name="name" use="required"/><x:attribute name="tests" use="required"/>
  <x:attribute name="failures" use="required"/><x:attribute name="errors" use="required"/>
  <x:attribute name="time" type="seconds"/><x:attribute name="skipped"/><x:attribute name="file"/>
 </x:complexType>
 <x:element name="testsuites"><x:complexType>
  <x:sequence><x:element name="testsuite" type="suite" minOccurs="0" maxOccurs="unbounded"/></x:sequence>
  <x:attribute name="name"/><x:attribute name="time" type="seconds"/>
 </x:complexType></x:element>
</x:schema>""")
)
"""What Jenkins' ``junit-10.xsd`` demands of what is written here."""


def test_reports(path: Path, tmp_path: Path) -> None:
    written(tmp_path, SCENARIO.replace("chance: 30%, to", "chance: 27%, to"))
    xml, page, summary = (tmp_path / name for name in ("out/junit.xml", "out/page.md", "summary.md"))
    summary.write_text("before\n")
    words = (path, "--junit", xml, "--markdown", page, "--github")
    result = check(*words, code=1, GITHUB_STEP_SUMMARY=str(summary))
    tree = etree.parse(str(xml))
    JUNIT.assertValid(tree)
    [suite] = tree.getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("5", "2")
    assert [case.get("name") for case in suite] == [
        "sql mean > 57", "sql p90 < 50", "cost_per_sql@2026-01-01 mean < 1.1 * baseline",
        "better: sql mean > 1.2 * variant(plain)", "baseline",
    ]  # fmt: skip
    assert "estimate: " in suite[0].findtext("system-out", "")
    text = page.read_text("utf-8")
    assert text.index("| metric | was | is |") < text.index("To be looked at") < text.index("| guard |")
    assert summary.read_text("utf-8") == "before\n" + text
    told = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert [line.partition(" ")[0] for line in told] == ["::error", "::error", "::warning"]
    assert re.search(r"file=.*small\.yaml,line=14,col=9,title=sql mean > 57::.*97\.5%25 interval", "\n".join(told))


def test_a_schema_that_could_not_fail_would_be_noticed() -> None:
    suite = '<testsuite name="a" tests="1" failures="0"{}><testcase name="a"><properties/></testcase></testsuite>'
    for more in ("", ' errors="0"', ' errors="0" time="1s"'):
        assert not JUNIT.validate(etree.fromstring(f"<testsuites>{suite.format(more)}</testsuites>"))


def test_pages_and_annotations_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = ", ".join(f"mean > {200 + number}" for number in range(15))
    written(path.parent, SCENARIO.replace("mean > 57", f"mean > 57, {more}"))
    reports = [Check(loaded(path)).report()]
    told = notices(reports)
    assert len(told) == MOST_ANNOTATIONS
    assert all("title=sql mean > 2" in line for line in told)
    assert "mean > 214" in told[0], "the worst first"
    monkeypatch.setattr(pages, "MOST_BYTES", 2_000)
    page = pages.markdown(reports)
    assert len(page.encode()) <= 2_000
    assert "the rest is left out" in page


def test_no_text_becomes_a_mark() -> None:
    assert pages._escaped("a|b <b> `c` *d*\n[e](f)") == r"a\|b &lt;b&gt; \`c\` \*d\* \[e\](f)"
