"""A forecast from a pipeline as it stands shows the part of open leads and that of leads yet to come apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.forecast.forecasting import Forecast
from funnelsim.plots.forecast import plot_fan

pytestmark = pytest.mark.usefixtures("compiled_kernel")

SNAPSHOT = Path(__file__).parent.parent / "scenarios" / "valid" / "snapshot.yaml"


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return fs.forecast(fs.load(SNAPSHOT), "sql", replications=30, seed=3, progress=False)


def test_parts_add_up_by_period_and_so_far(forecast: Forecast) -> None:
    assert forecast.origins == ("open", "new")
    for so_far, whole in ((False, forecast.by_period), (True, forecast.so_far)):
        parts = [forecast.of_origin(origin, so_far).mean for origin in forecast.origins]
        assert all(part.sum() > 0 for part in parts)
        np.testing.assert_allclose(sum(parts), whole.mean, rtol=1e-12)


def test_telling_them_apart_changes_no_number(forecast: Forecast) -> None:
    alone = Forecast(fs.simulate(fs.load(SNAPSHOT), replications=30, seed=3, progress=False), "sql")
    assert alone.origins == ()
    assert alone.to_dict()["origins"] == {}
    np.testing.assert_array_equal(alone.so_far.mean, forecast.so_far.mean)
    np.testing.assert_array_equal(alone.by_period.p90, forecast.by_period.p90)


def test_text_json_and_picture_show_them(forecast: Forecast) -> None:
    text = forecast.text()
    assert max(map(len, text.splitlines())) <= 80
    assert "of leads open at the start and" in " ".join(text.split())
    told = forecast.to_dict()["origins"]
    assert told["open"]["so_far"]["mean"] == forecast.of_origin("open", so_far=True).mean.tolist()
    lines = {line.get_label(): line for line in plot_fan(forecast).get_lines()}
    for origin, words in (("open", "open at the start"), ("new", "yet to come")):
        drawn = np.asarray(lines[f"mean of leads {words}"].get_ydata())
        np.testing.assert_array_equal(drawn, forecast.of_origin(origin).mean)


@pytest.mark.parametrize("metric", ["rate_lead_to_sql", "sql[origin=open]"])
def test_what_does_not_add_up_has_no_parts(metric: str) -> None:
    assert fs.forecast(fs.load(SNAPSHOT), metric, replications=3, progress=False).origins == ()
