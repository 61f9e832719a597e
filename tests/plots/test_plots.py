"""What pictures show, read off what was drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num

import funnelsim as fs
from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.result import Result
from funnelsim.plots import (
    comparison_figure,
    plot_comparison,
    plot_contacts,
    plot_funnel,
    plot_metric,
    plot_score_profile,
    plot_teams,
)
from funnelsim.plots.style import written
from funnelsim.scenario import Scenario


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    from matplotlib import pyplot

    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    text = {
        "format": 1,
        "name": "Plain",
        "start": "2026-01-01",
        "horizon": "4 months",
        "currency": "CNY",
        "channels": {"web": {"leads": "40 per month", "spend": "1_000 per month", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "1d to 9d", "chance": "50%", "to": "won", "else": "lost"}}},
            "lost": {},
            "won": {"label": "成交"},
        },
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def result(scenario: Scenario) -> Result:
    return fs.simulate(scenario, replications=20)


@pytest.fixture(scope="module")
def comparison(scenario: Scenario) -> Comparison:
    names = {"now": "50%", "better": "60%", "worse": "45%"}
    return fs.compare(
        {name: scenario.set({"stages.lead.moves.call.chance": chance}) for name, chance in names.items()},
        replications=20,
    )


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def ticks(axis: Any) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def whiskers(ax: Axes) -> list[tuple[Any, Any]]:
    return [(line.get_xdata(), line.get_ydata()) for line in ax.lines]


# ---------------------------------------------------------------- funnel
def test_funnel_shows_entries_and_rates(result: Result) -> None:
    ax = plot_funnel(result)
    summary = result.summary(["lead", "lost", "won", "rate_lead_to_won"]).set_index("metric")
    stages = ["lead", "lost", "won"]
    assert [bar.get_width() for bar in ax.patches] == list(summary.loc[stages, "mean"])  # type: ignore[attr-defined]
    for (xs, ys), place, stage in zip(whiskers(ax), range(3), stages, strict=True):
        assert list(xs) == list(summary.loc[stage, ["p10", "p90"]])
        assert list(ys) == [place, place]
    assert texts(ax)[0] == f"{summary.loc['lead', 'mean']:.1f}"
    assert texts(ax)[2].endswith(f"({summary.loc['rate_lead_to_won', 'mean']:.1%} of lead)")
    assert "(" not in texts(ax)[1]
    assert ax.yaxis_inverted()
    assert ax.get_title(loc="left") == "Plain"
    assert "leads" in ax.get_xlabel()
    assert "P10 to P90 over replications" in ax.get_xlabel()


def test_pictures_are_drawn_without_warnings(result: Result, comparison: Comparison, tmp_path: Path) -> None:
    plot_funnel(result).figure.savefig(tmp_path / "funnel.png")
    plot_metric(result, "lvr_won").figure.savefig(tmp_path / "growth.svg")
    comparison_figure(comparison, ["won", "cost_per_won"]).savefig(tmp_path / "comparison.pdf")
    assert all(path.stat().st_size > 5000 for path in tmp_path.iterdir())


# ---------------------------------------------------------------- periods
@pytest.mark.parametrize("metric", ["won", "rate_lead_to_won", "lvr_won", "cost_per_won"])
def test_periods_show_the_mean_and_a_band(result: Result, metric: str) -> None:
    ax = plot_metric(result, metric)
    summary = result.summary(metric, over="period")
    line = ax.lines[0]
    np.testing.assert_array_equal(date2num(line.get_xdata()), date2num(summary["period"]))
    np.testing.assert_array_equal(line.get_ydata(), summary["mean"])
    corners = ax.collections[0].get_paths()[0].vertices
    drawn = summary.dropna()
    for column in ("p10", "p90"):
        for date, value in zip(date2num(drawn["period"]), drawn[column], strict=True):
            assert np.isclose(corners, [date, value]).all(axis=1).any()
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["P10 to P90 over replications", "mean"]
    titles = {
        "won": "entries into 成交",
        "rate_lead_to_won": "成交 per lead",
        "lvr_won": "growth of entries into 成交 (%)",
        "cost_per_won": "cost per 成交 (CNY)",
    }
    assert ax.get_ylabel() in (titles[metric], metric)
    assert result.title(metric) == titles[metric]
    assert (ax.get_ylim()[0] == 0) == (metric != "lvr_won")


def test_shares_are_in_percent(result: Result) -> None:
    ax = plot_metric(result, "rate_lead_to_won")
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert all(label.endswith("%") for label in ticks(ax.yaxis))


def test_what_has_no_periods_is_refused(result: Result) -> None:
    with pytest.raises(ValueError, match="measured over the horizon only"):
        plot_metric(result, "days_to_won")
    assert matplotlib.pyplot.get_fignums() == []


# ---------------------------------------------------------------- comparison
def test_comparison_shows_levels_and_differences(comparison: Comparison) -> None:
    ax = plot_comparison(comparison, "cost_per_won")
    table = comparison.table().set_index(["metric", "scenario"]).loc["cost_per_won"]
    assert [bar.get_height() for bar in ax.patches] == list(table["mean"])  # type: ignore[attr-defined]
    for (_, ys), (_, row) in zip(whiskers(ax), table.iterrows(), strict=True):
        assert list(ys) == [row["p10"], row["p90"]]
    assert ticks(ax.xaxis) == ["now", "better", "worse"]
    assert ax.get_ylabel() in ("cost per 成交 (CNY)", "cost_per_won")
    assert ax.get_xlabel() == ("whiskers: P10 to P90 over replications; in brackets: 95% interval of the difference")
    better = table.loc["better"]
    assert texts(ax) == [
        f"{table.loc['now', 'mean']:.2f}",
        f"{better['difference']:+.2f}\n({better['low']:+.2f} to {better['high']:+.2f})",
        f"{better['mean']:.2f}",
        *texts(ax)[3:],
    ]
    assert len(texts(ax)) == 5
    assert ax.get_ylim()[0] == 0


def test_differences_of_shares_are_in_points(comparison: Comparison) -> None:
    change = comparison.difference("better", "rate_lead_to_won")
    assert texts(plot_comparison(comparison, "rate_lead_to_won"))[1].startswith(f"{100 * change.mean:+.2f}pp\n(")


def test_nothing_to_show_is_shown_as_nothing(comparison: Comparison) -> None:
    ax = plot_comparison(comparison, "touches")
    assert [bar.get_height() for bar in ax.patches] == [0, 0, 0]  # type: ignore[attr-defined]
    assert ax.get_ylim() == (0, 1)
    ax = plot_comparison(comparison, "lvr_won")
    assert texts(ax)[0] == "–"
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]


def test_the_first_differs_from_the_others_in_grey(comparison: Comparison) -> None:
    def grey(bar: Any) -> float:
        return float(np.dot(to_rgb(bar.get_facecolor()), [0.299, 0.587, 0.114]))

    first, *others = plot_comparison(comparison, "won").patches
    assert all(grey(first) - grey(bar) > 0.2 for bar in others)


def test_figure_has_a_panel_for_each_metric_and_says_what_they_show(comparison: Comparison) -> None:
    figure = comparison_figure(comparison, ["won", "cost_per_won", "rate_lead_to_won", "spend"])
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert len(panels) == 4
    assert panels[3].get_ylabel() == "spend (CNY)"
    assert figure.get_suptitle() == "Plain"
    assert figure.get_supxlabel() == (
        "Bars: mean of 20 replications. Whiskers: P10 to P90 over replications.\n"
        "Differences: against 'now', in the same replications; in brackets: 95% interval of the difference."
    )
    with pytest.raises(ValueError, match="no metrics to draw"):
        comparison_figure(comparison, [])
    with pytest.raises(ValueError, match=r"'now': no metric 'wno' \(did you mean 'won'"):
        comparison_figure(comparison, ["won", "wno"])
    assert len(matplotlib.pyplot.get_fignums()) == 1


def test_pictures_are_drawn_where_one_is_told(result: Result, comparison: Comparison) -> None:
    _, axes = matplotlib.pyplot.subplots(1, 3)
    assert plot_funnel(result, axes[0]) is axes[0]
    assert plot_metric(result, "won", ax=axes[1]) is axes[1]
    assert plot_comparison(comparison, "won", ax=axes[2]) is axes[2]
    assert len(matplotlib.pyplot.get_fignums()) == 1


# ---------------------------------------------------------------- teams
@pytest.fixture(scope="module")
def staffed() -> Result:
    text = {
        "format": 1,
        "name": "Staffed",
        "start": "2026-01-01",
        "horizon": "4 months",
        "channels": {"web": {"leads": "9 per day", "enters": "lead"}},
        "teams": {"desk": {"people": 1, "label": "Telesales"}, "sales": {"people": 2}},
        "stages": {
            "lead": {"moves": {"call": {"team": "desk", "takes": "1h", "chance": "50%", "to": "sql", "else": "lost"}}},
            "sql": {
                "owner": "sales",
                "moves": {"visit": {"takes": "3h", "chance": "50%", "to": "won", "else": "lost"}},
            },
            "lost": {},
            "won": {},
        },
    }
    return fs.simulate(fs.loads(json.dumps(text)), replications=5)


def test_teams_show_how_busy_they_are_and_what_waits(staffed: Result) -> None:
    ax = plot_teams(staffed)
    queues = ax.figure.axes[-1]
    assert queues is not ax
    for axes, name in ((ax, "utilisation"), (queues, "queue")):
        for line, team in zip(axes.lines, ("desk", "sales"), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), staffed.estimate(f"{name}_{team}", over="period").mean)
            np.testing.assert_array_equal(date2num(line.get_xdata()), date2num(staffed.data["period"].to_numpy()))
        for whiskers_of, team in zip(axes.collections, ("desk", "sales"), strict=True):
            ends = np.array([segment[:, 1] for segment in whiskers_of.get_segments()])  # type: ignore[attr-defined]
            estimated = staffed.estimate(f"{name}_{team}", over="period")
            np.testing.assert_array_equal(ends, np.stack([estimated.p10, estimated.p90], axis=1))
    assert [line.get_linestyle() for line in (*ax.lines, *queues.lines)] == ["-", "-", "--", "--"]
    assert len({line.get_marker() for line in ax.lines}) == 2  # told apart in grey
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "whiskers: P10 to P90 over replications"
    assert [text.get_text() for text in legend.get_texts()] == [
        *("Telesales: utilisation", "Telesales: queue", "sales: utilisation", "sales: queue"),
    ]
    assert ax.get_title(loc="left") == "Staffed"
    assert (ax.get_ylabel(), queues.get_ylabel()) == (
        "utilisation, of working time",
        "queue at the end of the period, in attempts",
    )
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert all(label.endswith("%") for label in ticks(ax.yaxis))


def test_teams_are_drawn_where_one_is_told(staffed: Result, tmp_path: Path) -> None:
    _, ax = matplotlib.pyplot.subplots()
    assert plot_teams(staffed, ax=ax) is ax
    assert len(matplotlib.pyplot.get_fignums()) == 1
    ax.figure.savefig(tmp_path / "teams.png")
    assert (tmp_path / "teams.png").stat().st_size > 5000


def test_no_team_no_picture(result: Result) -> None:
    with pytest.raises(ValueError, match="'Plain' has no team with work, so that there is nothing to draw"):
        plot_teams(result)
    assert matplotlib.pyplot.get_fignums() == []


def test_a_figure_of_sales_is_drawn_by_period(staffed: Result) -> None:
    assert plot_metric(staffed, "held_sales").get_ylabel() == "leads in hand of sales"
    assert plot_metric(staffed, "utilisation_desk").get_ylabel() == "utilisation of Telesales"


def test_variants_are_called_by_their_labels(scenario: Scenario) -> None:
    base = scenario.set(
        {"variants": {"better": {"label": "Better calls", "set": {"stages.lead.moves.call.chance": "60%"}}}}
    )
    figure = comparison_figure(fs.compare({"base": base, "better": base.variant("better")}, replications=3), ["lead"])
    assert ticks(figure.axes[0].xaxis) == ["base", "Better calls"]
    assert figure.axes[0].get_ylabel() == "entries into lead"


# ---------------------------------------------------------------- scripts
@pytest.fixture
def fonts(monkeypatch: pytest.MonkeyPatch) -> list[font_manager.FontEntry]:
    """The fonts of this machine, without those for Chinese."""
    kept = [font for font in font_manager.fontManager.ttflist if font.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    return kept


@pytest.fixture
def chinese(fonts: list[font_manager.FontEntry], tmp_path: Path) -> str:
    """A font that has two Chinese characters, as boxes."""
    builder = FontBuilder(1000, isTTF=True)
    glyphs = [".notdef", "cheng", "jiao"]
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord("成"): "cheng", ord("交"): "jiao"})
    builder.setupGlyf({name: Glyph() for name in glyphs})
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Small CJK", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    path = tmp_path / "small.ttf"
    builder.save(path)
    font_manager.fontManager.addfont(path)
    return "Small CJK"


@pytest.mark.usefixtures("fonts")
def test_labels_no_font_has_are_replaced_by_names(result: Result, comparison: Comparison) -> None:
    ax = plot_funnel(result)
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert ticks(ax.yaxis) == ["lead", "lost", "won"]
    renamed = Comparison({"现在": comparison.results["now"], "better": comparison.results["better"]})
    figure = comparison_figure(renamed, ["won"])
    figure.draw_without_rendering()
    assert ticks(figure.axes[0].xaxis) == ["scenario 1", "better"]
    assert "against 'the first'" in figure.get_supxlabel()


def test_chinese_labels_are_drawn_where_a_font_has_them(result: Result, chinese: str) -> None:
    ax = plot_funnel(result)
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert ticks(ax.yaxis) == ["lead", "lost", "成交"]
    assert chinese in ax.get_yticklabels()[2].get_fontfamily()
    assert chinese not in ax.get_yticklabels()[1].get_fontfamily()
    assert written("成", "x")["text"] == "成"
    assert written("成功", "x")["text"] == "x"


def test_dollars_start_no_formula(scenario: Scenario) -> None:
    dollars = fs.simulate(scenario.set({"currency": "$_$", "name": "$1 \\frac $2"}), replications=2)
    ax = plot_metric(dollars, "spend")
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    assert ax.get_ylabel() == "spend ($_$)"
    assert ax.get_title(loc="left") == "$1 \\frac $2"


def test_nothing_is_shown(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matplotlib.pyplot.show", lambda *_: pytest.fail("shown"))
    plot_funnel(result)


# ---------------------------------------------------------------- contacts
@pytest.fixture(scope="module")
def contacted() -> Result:
    text = {
        "format": 1,
        "name": "Touched",
        "start": "2026-01-01",
        "horizon": "3 months",
        "segments": {"small": {"share": 0.5}, "big": {"share": 0.5}},
        "scoring": {"fit": {"segment": {"big": 30}}, "bands": [10, 40]},
        "channels": {"web": {"leads": "40 per month", "enters": "lead"}},
        "stages": {"lead": {"track": "drip", "moves": {"end": {"after": "60d", "to": "won"}}}, "won": {}},
        "touches": {
            "mail": {
                "delivered": 0.9,
                "open": 0.5,
                "click": {"chance": 0.5, "warmth": 20},
                "content": ["guide"],
                "label": "邮件",
            },
            "call": {"response": 0.2},
        },
        "content": {"guide": {"number": 9}},
        "tracks": {"drip": {"cadence": "5d", "touches": ["mail", "call"]}},
    }
    return fs.simulate(fs.loads(json.dumps(text)), replications=10)


def test_contacts_show_every_step(contacted: Result) -> None:
    ax = plot_contacts(contacted, "touch")
    table = contacted.contacts("touch")
    steps = ["sent", "delivered", "opened", "clicked", "responded"]
    widths = [bar.get_width() for bar in ax.patches]  # type: ignore[attr-defined]
    assert widths == [value for step in steps for value in table[step].fillna(0)]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == steps
    assert texts(ax)[1] == f"{table['sent'][1]:.1f}  ({table['responded'][1] / table['delivered'][1]:.1%} responded)"
    assert ticks(ax.yaxis)[1] == "call"
    assert ax.yaxis_inverted()


@pytest.mark.parametrize("by", ["track", "content"])
def test_contacts_by_track_and_content(contacted: Result, by: Any) -> None:
    ax = plot_contacts(contacted, by)
    legend = ax.get_legend()
    assert legend is not None
    first = "sent" if by == "track" else "delivered"
    assert legend.get_texts()[0].get_text() == first
    assert ticks(ax.yaxis) == ["drip" if by == "track" else "guide"]


def test_the_steps_of_contacts_differ_in_grey(contacted: Result) -> None:
    colors = list(dict.fromkeys(bar.get_facecolor() for bar in plot_contacts(contacted).patches))
    greys = [sum(to_rgb(color)) / 3 for color in colors]
    assert greys == sorted(greys, reverse=True)
    assert np.diff(greys).max() < -0.08


def test_contacts_without_touches_are_refused(result: Result) -> None:
    with pytest.raises(ValueError, match="'Plain' has no track, so that there is nothing to draw"):
        plot_contacts(result)


def test_scores_show_the_shares_of_each_period(contacted: Result) -> None:
    ax = plot_score_profile(contacted)
    table = contacted.score_profile()
    heights = [bar.get_height() for bar in ax.patches]  # type: ignore[attr-defined]
    expected = [
        share for band in ("below 10", "10 to 40", "40 and more") for share in table["share"][table["band"] == band]
    ]
    np.testing.assert_allclose(heights, expected)
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["40 and more", "10 to 40", "below 10"]


def test_scores_that_nobody_has_are_refused(result: Result) -> None:
    with pytest.raises(ValueError, match="leads have no score"):
        plot_score_profile(result)


def test_pictures_of_contacts_are_drawn_without_warnings(contacted: Result, tmp_path: Path) -> None:
    plot_contacts(contacted, "touch").figure.savefig(tmp_path / "touches.png")
    plot_score_profile(contacted).figure.savefig(tmp_path / "scores.png")
    assert all(path.stat().st_size > 5000 for path in tmp_path.iterdir())
