from __future__ import annotations

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario


@pytest.mark.parametrize(
    ("period", "dates"),
    [
        ("week", ["2026-01-14", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09"]),
        ("month", ["2026-01-14", "2026-02-01"]),
        ("quarter", ["2026-01-14"]),
        ("12d", ["2026-01-14", "2026-01-26", "2026-02-07"]),
        ("36h", [f"2026-01-14T{0:02}"]),
    ],
)
@pytest.mark.parametrize("warm_up", ["none", "3 weeks"])
def test_periods_begin_where_the_calendar_says(scenario: Scenario, period: str, dates: list[str], warm_up: str) -> None:
    tables = {"2026-01": 30, "2026-02": 30}
    changed = scenario.set(
        {
            "start": "2026-01-14",
            "horizon": "30d",
            "period": period,
            "warm_up": warm_up,
            "channels.fairs.leads": tables,
            "changes": [{"from": "2026-01-20", "set": {"touches.sms.cost": 1}}],
        }
    )
    got = fs.simulate(changed, replications=1).data["period"].to_numpy()
    if period == "36h":
        np.testing.assert_array_equal(np.diff(got), [np.timedelta64(36, "h")] * 19)
        got = got[:1]
    np.testing.assert_array_equal(got, np.array(dates, "datetime64[ns]"))


def test_rows_are_moves_and_touches(result: Result) -> None:
    data = result.data
    assert list(data["row"].values) == [
        "lead.call",
        "mql.check",
        "sql.close",
        "waiting.wake",
        "reactivation.sms",
        "reactivation.mail",
        "reactivation.park",
    ]
    assert list(data["row"].values[data["is_touch"]]) == ["reactivation.sms", "reactivation.mail"]
    assert list(data["row"].values[data["in_track"]]) == ["reactivation.sms", "reactivation.mail", "reactivation.park"]
    assert list(data["outcome"].values) == ["failed", "succeeded", "exhausted"]
    sms, mail = (data["attempts"].sel(row=f"reactivation.{touch}").sum() for touch in ("sms", "mail"))
    assert sms > mail > 0.8 * sms


def test_a_touch_that_is_made_twice_in_a_round_has_two_names(scenario: Scenario) -> None:
    twice = scenario.set({"tracks.reactivation.touches": ["sms", "mail", "sms"]})
    rows = fs.simulate(twice, replications=1).data["row"].values
    assert list(rows[4:7]) == ["reactivation.sms", "reactivation.mail", "reactivation.sms#2"]


def test_uncertain_parameters_are_kept(result: Result) -> None:
    assert list(result.data["parameter"].values) == ["stages.mql.moves.check.chance"]
    drawn = result.data["parameters"].to_numpy()[:, 0]
    assert len(set(drawn)) == 12
    assert ((drawn > 0.3) & (drawn < 1)).all()


def test_everything_is_whole_and_says_its_unit(result: Result) -> None:
    for name, variable in result.data.data_vars.items():
        if name not in ("days_to", "days_to_of_all", "parameters"):
            assert variable.dtype.kind == "i", name
        assert variable.attrs["long_name"]
    assert result.data["spend_media"].attrs["units"] == "ten-thousandths of the currency"
    assert result.data["entries"].attrs["units"] == "leads"
