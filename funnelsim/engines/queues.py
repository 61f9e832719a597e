"""Queues without memory of their own: heaps of records that hold their own links.

A pairing heap (Fredman, Sedgewick, Sleator and Tarjan, 1986) for those who wait, since whoever waits can leave from
anywhere in it, and a heap with four branches for the leads by the tick they are due, since that tick can change. What
the latter compares stands side by side in it, for a lead's own state is too far away to be looked at so often.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.state import Run
from funnelsim.program import records as p

NONE = p.NONE


# ---------------------------------------------------------------- those who wait
@inlined
def before(nodes: p.RecordArray, a: int, b: int) -> bool:
    """Say whether one node comes before another: by order, since when, lead key and move (rule 43)."""
    one, other = nodes[a], nodes[b]
    if one.order != other.order:
        return bool(one.order < other.order)
    if one.since != other.since:
        return bool(one.since < other.since)
    if one.key != other.key:
        return bool(one.key < other.key)
    return bool(one.move < other.move)


@lean
def meld(nodes: p.RecordArray, a: int, b: int) -> int:
    """Join two heaps, either of which may be empty; return the first of all."""
    if a < 0:
        return b
    if b < 0:
        return a
    if before(nodes, b, a):
        a, b = b, a
    child = nodes[a].child
    nodes[b].before = a
    nodes[b].next = child
    if child >= 0:
        nodes[child].before = b
    nodes[a].child = b
    return a


@lean
def join(nodes: p.RecordArray, root: int, node: int) -> int:
    """Put a node whose order is set into a heap; return the first of all."""
    nodes[node].child = NONE
    nodes[node].next = NONE
    nodes[node].before = NONE
    return meld(nodes, root, node)


@lean
def without_first(nodes: p.RecordArray, root: int) -> int:
    """Take the first out; return who then is the first, NONE if nobody is."""
    pairs, left = NONE, nodes[root].child
    while left >= 0:
        right = nodes[left].next
        after = nodes[right].next if right >= 0 else NONE
        alone(nodes, left)
        if right >= 0:
            alone(nodes, right)
        pair = meld(nodes, left, right)
        nodes[pair].next = pairs
        pairs = pair
        left = after
    first = NONE
    while pairs >= 0:
        after = nodes[pairs].next
        alone(nodes, pairs)
        first = meld(nodes, first, pairs)
        pairs = after
    return first


@inlined
def alone(nodes: p.RecordArray, node: int) -> None:
    """Cut a node's ties to its neighbours."""
    nodes[node].next = NONE
    nodes[node].before = NONE


@lean
def without(nodes: p.RecordArray, root: int, node: int) -> int:
    """Take a node out, wherever it is; return who then is the first, NONE if nobody is."""
    if node == root:
        return without_first(nodes, root)
    ahead, after = nodes[node].before, nodes[node].next
    if nodes[ahead].child == node:
        nodes[ahead].child = after
    else:
        nodes[ahead].next = after
    if after >= 0:
        nodes[after].before = ahead
    return meld(nodes, root, without_first(nodes, node))


# ---------------------------------------------------------------- leads by the tick they are due
@inlined
def is_sooner(tick: int, key: int, event: p.Record) -> bool:
    """Say whether a lead with this key that is due at a tick comes before another, at one tick by lead key."""
    # both sides are looked at: which of them it is cannot be foretold, and a jump that is foretold wrongly costs more
    return bool((tick < event.tick) | ((tick == event.tick) & (np.uint64(key) < event.key)))


@inlined
def put(run: Run, place: int, tick: int, key: int, slot: int) -> None:
    """Put a lead at a place."""
    event = run.events[place]
    event.tick = tick
    event.key = key
    event.slot = slot
    run.places[slot] = place


@lean
def rise(run: Run, place: int, tick: int, key: int, slot: int) -> None:
    """Put a lead at a place or further up, where it belongs."""
    events = run.events
    while place > 0:
        above = (place - 1) >> 2
        if not is_sooner(tick, key, events[above]):
            break
        put(run, place, events[above].tick, events[above].key, events[above].slot)
        place = above
    put(run, place, tick, key, slot)


@lean
def sink(run: Run, place: int, tick: int, key: int, slot: int) -> None:
    """Put a lead at a place or further down, where it belongs."""
    events, number = run.events, run.state[0].events
    while True:
        best = (place << 2) + 1
        if best >= number:
            break
        for other in range(best + 1, min(best + 4, number)):
            best = other if is_sooner(events[other].tick, events[other].key, events[best]) else best
        if is_sooner(tick, key, events[best]):
            break
        put(run, place, events[best].tick, events[best].key, events[best].slot)
        place = best
    put(run, place, tick, key, slot)


@lean
def expect(run: Run, slot: int, tick: int) -> None:
    """Let a lead be due at a tick, in place of what it was due at before, if anything."""
    place, key, state = run.places[slot], run.at[slot].key, run.state[0]
    if place < 0:
        state.events += 1
        rise(run, state.events - 1, tick, key, slot)
    elif tick < run.events[place].tick:
        rise(run, place, tick, key, slot)
    else:
        sink(run, place, tick, key, slot)


@lean
def forget(run: Run, slot: int) -> None:
    """Take a lead out of the events, if it is there."""
    place, state = run.places[slot], run.state[0]
    if place < 0:
        return
    run.places[slot] = NONE
    state.events -= 1
    if place < state.events:
        last = run.events[state.events]
        tick, key, other = last.tick, last.key, last.slot
        if place > 0 and is_sooner(tick, key, run.events[(place - 1) >> 2]):
            rise(run, place, tick, key, other)
        else:
            sink(run, place, tick, key, other)
