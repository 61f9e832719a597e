"""Reports in the XML of JUnit, as Jenkins reads it: one suite a file, one case a guard."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from funnelsim.checks.checking import Report
from funnelsim.checks.deciding import Verdict
from funnelsim.checks.sentences import engine_sentences, verdict_sentence

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

BASELINE = "baseline"
"""What the comparison of bits with the baseline is called among the guards."""


def junit(reports: Sequence[Report]) -> str:
    """Return the reports as XML that keeps to Jenkins' ``junit-10.xsd``.

    A guard that breaks the check has a ``failure`` with its sentence; one that is only told has it in ``system-out``,
    beside estimate, interval and limit.
    """
    suites = ET.Element("testsuites", name="funnelsim check", time=f"{sum(report.seconds for report in reports):.3f}")
    for report in reports:
        _suite(suites, report)
    ET.indent(suites, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _suite(suites: ET.Element, report: Report) -> None:
    path, engine = str(report.loaded.path), engine_sentences(report)
    suite = ET.SubElement(suites, "testsuite", name=_text(path), file=_text(path), time=f"{report.seconds:.3f}")
    for verdict in report.verdicts:
        case = _case(suite, path, verdict.guard.name)
        sentence = verdict_sentence(verdict, report.changes)
        if verdict.fails:
            _failure(case, verdict.outcome, sentence)
        ET.SubElement(case, "system-out").text = _text(
            f"{_numbers(verdict)}\n{sentence if verdict.is_told else ''}".strip()
        )
    if report.compared is not None:
        case = _case(suite, path, BASELINE)
        if engine:
            _failure(case, "engine", "\n".join(engine))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", "0")


def _case(suite: ET.Element, path: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", name=_text(name), classname=_text(path), time="0.000")


def _failure(case: ET.Element, kind: str, sentence: str) -> None:
    ET.SubElement(case, "failure", type=kind, message=_text(sentence)).text = _text(sentence)


def _numbers(verdict: Verdict) -> str:
    return "\n".join(f"{name}: {value}" for name, value in properties(verdict))


def properties(verdict: Verdict) -> list[tuple[str, str]]:
    """Return what programs read of a verdict: estimate, interval, limit, replications and outcome."""
    found = verdict.estimate
    numbers = {"estimate": found.value, "low": found.low, "high": found.high, "limit": verdict.limit}
    told = {"replications": str(verdict.luck.replications), "outcome": verdict.outcome}
    return [*((name, f"{value:.6g}") for name, value in numbers.items()), *told.items()]


def _text(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _NOT_XML.sub("?", text)
