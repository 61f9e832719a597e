"""The benchmarks do the work that they say, and notice when somebody does another."""

import numpy as np
import pytest

import funnelsim as fs
from benchmarks import closed_form, compiled, growth
from benchmarks.comparing import same_where_alike
from benchmarks.ours import ours
from benchmarks.peer_heapq import HEAPQ
from benchmarks.peer_simpy import SIMPY
from benchmarks.timing import Timing
from benchmarks.work import FUNNEL, OWNERS, TRACKS, TRACKS_EVEN, check_means, check_same, figures, of_size

IN_C = {
    "alone": (FUNNEL, compiled.ALONE),
    "ring": (FUNNEL, compiled.RING),
    "heap": (FUNNEL, compiled.HEAP),
    "owners": (OWNERS, compiled.OWNERS_HEAP),
    "tracks": (TRACKS, compiled.TRACKS_ALONE),
    "even": (TRACKS_EVEN, compiled.TRACKS_ALONE_EVEN),
}
"""Programs in C, and the works that they do."""


def counts_of(contender, seed, replications):
    return contender.counted(contender.run(seed, replications))


@pytest.fixture(scope="module")
def our_counts():
    return {work.name: counts_of(ours(work, 0), 1, 30) for work in (FUNNEL, OWNERS, TRACKS, TRACKS_EVEN)}


def test_the_closed_form_is_that_of_an_absorbing_chain():
    # States: lead, mql, sql, opportunity, and the pool with k touches used; visits = start (1 - transitions)^-1.
    lead, mql, sql, opportunity, pool = 0, 1, 2, 3, 4
    states = pool + 6 * 2 + 1
    in_time = 1 - np.exp(-7 / 6)
    move = np.zeros((states * 7, states * 7))  # each state with the number of touches used
    at = lambda state, used: used * states + state  # noqa: E731
    for used in range(7):
        pooled = [at(pool, used)] if used < 6 else []
        move[at(lead, used), at(mql, used)] = 0.45
        move[at(mql, used), at(sql, used)] = 0.5
        move[at(sql, used), at(opportunity, used)] = in_time
        for state, chance in ((lead, 0.55), (mql, 0.5), (sql, 1 - in_time)):
            move[at(state, used), pooled] = chance
        if pooled:
            move[at(pool, used), at(mql, used + 1)] = 0.08
            if used + 1 < 6:
                move[at(pool, used), at(pool, used + 1)] = 0.92
    visits = 14_600 * np.linalg.inv(np.eye(len(move)) - move)[at(lead, 0)]
    each = {state: sum(visits[at(state, used)] for used in range(7)) for state in range(pool + 1)}
    found = closed_form.funnel()
    assert found["mql"] == pytest.approx(each[mql])
    assert found["opportunity"] == pytest.approx(each[opportunity])
    assert found["events"] == pytest.approx(14_600 + sum(each.values()))
    assert [round(value, 1) for value in found.values()] == [12_099.1, 6_049.5, 4_165.7, 1_249.7, 120_627.9]


def test_the_funnel_agrees_with_its_closed_form(our_counts):
    check_means(FUNNEL, our_counts["funnel"], closed_form.funnel(), our_counts["funnel"])
    with pytest.raises(AssertionError, match="won is"):
        check_means(FUNNEL, our_counts["funnel"], closed_form.funnel() | {"won": 1300}, our_counts["funnel"])


def test_all_leads_come_to_their_end():
    standing = fs.simulate(FUNNEL.scenario, replications=30, seed=1).data.standing.isel(period=-1).sum("group")
    unfinished = standing.sel(stage=["lead", "mql", "sql", "opportunity", "pool"]).sum("stage")
    assert float(unfinished.mean()) < 0.5


@pytest.mark.skipif(compiled.compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("program", IN_C)
def test_programs_in_c_do_the_same_work(our_counts, program):
    work, peer = IN_C[program]
    check_same(work, our_counts[work.name], peer.name, counts_of(peer, 3, 60))


@pytest.mark.skipif(compiled.compiler() is None, reason="no C compiler")
def test_warmth_and_fatigue_matter(our_counts):
    even = counts_of(compiled.TRACKS_ALONE_EVEN, 3, 60)
    with pytest.raises(AssertionError, match="otherwise than tracks"):
        check_same(TRACKS, our_counts["tracks"], "even", even)
    same_where_alike(TRACKS, compiled.TRACKS_ALONE_EVEN, our_counts["tracks"], even)


@pytest.mark.parametrize("peer", [HEAPQ, SIMPY], ids=lambda peer: peer.name)
def test_programs_in_python_do_the_same_work(our_counts, peer):
    check_same(FUNNEL, our_counts["funnel"], peer.name, counts_of(peer, 1, 3))


def test_another_chance_is_noticed(our_counts):
    bent = ours(FUNNEL, 0).counted(
        fs.simulate(FUNNEL.scenario.set({"stages.opportunity.moves.decide.chance": "32%"}), replications=30, seed=5)
    )
    with pytest.raises(AssertionError, match=r"bent counts opportunity\.decide"):
        check_same(FUNNEL, our_counts["funnel"], "bent", bent)


def test_the_same_numbers_at_other_times_are_noticed(our_counts):
    with pytest.raises(AssertionError, match="standard errors apart"):
        check_same(FUNNEL, our_counts["funnel"], "late", np.roll(our_counts["funnel"], 1, axis=1))


def test_events_are_leads_and_attempts(our_counts):
    by = figures(FUNNEL, our_counts["funnel"])
    assert FUNNEL.events(our_counts["funnel"]) == by["events"].sum()
    sent = int(fs.simulate(TRACKS.scenario, replications=30, seed=1).data.sent.sum())
    others = [kind for kind, name in enumerate(TRACKS.kinds) if not name.startswith(("nurture", "reactivation"))]
    assert TRACKS.events(our_counts["tracks"]) == our_counts["tracks"][:, :, others].sum() + sent


def test_sizes_change_how_many_leads_come_and_no_more():
    counts = counts_of(ours(of_size(100_000), 0), 1, 1)
    assert 99_000 < counts[:, :, 0].sum() < 101_000
    assert counts[:, 12:, 0].sum() == 0


def test_ratios_say_how_often_our_time_goes_into_theirs():
    assert Timing([10.0, 20.0]).ratios(Timing([30.0, 40.0])) == [3.0, 2.0]


def test_exponents_are_of_powers():
    assert growth.exponent([10, 100, 1000], [3 * size**1.2 for size in (10, 100, 1000)]) == pytest.approx(1.2)


@pytest.mark.parametrize("made", [growth.chain(5), growth.race(4), growth.in_periods(12)])
def test_made_works_run(made):
    counts = counts_of(ours(made, 0), 1, 1)
    assert made.events(counts) > 50_000
    assert (counts[:, :, 1:].sum((0, 1, 3, 4)) > 0).all()
