"""Queues without memory of their own: heaps of records that hold their own links.

A pairing heap (Fredman, Sedgewick, Sleator and Tarjan, 1986) for those who wait, since whoever waits can leave from
anywhere in it, and a heap with four branches for the leads by the tick they are due, since that tick can change.
"""

from __future__ import annotations

from funnelsim.engines.jit import inlined, lean
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
def sooner(at: p.RecordArray, a: int, b: int) -> bool:
    """Say whether one lead is due before another, at one tick by lead key."""
    return bool(at[a].due < at[b].due or (at[a].due == at[b].due and at[a].key < at[b].key))


@lean
def rise(events: p.IntArray, at: p.RecordArray, place: int, slot: int) -> None:
    """Put a lead at a place or further up, where it belongs."""
    while place > 0:
        above = (place - 1) >> 2
        if not sooner(at, slot, events[above]):
            break
        events[place] = events[above]
        at[events[place]].place = place
        place = above
    events[place] = slot
    at[slot].place = place


@lean
def sink(events: p.IntArray, at: p.RecordArray, number: int, place: int, slot: int) -> None:
    """Put a lead at a place or further down, where it belongs."""
    while True:
        first = (place << 2) + 1
        if first >= number:
            break
        best = first
        for other in range(first + 1, min(first + 4, number)):
            if sooner(at, events[other], events[best]):
                best = other
        if not sooner(at, events[best], slot):
            break
        events[place] = events[best]
        at[events[place]].place = place
        place = best
    events[place] = slot
    at[slot].place = place


@lean
def expect(events: p.IntArray, at: p.RecordArray, state: p.Record, slot: int, tick: int) -> None:
    """Let a lead be due at a tick, in place of what it was due at before, if anything."""
    earlier = at[slot].place < 0 or tick < at[slot].due
    if at[slot].place < 0:
        at[slot].place = state.events
        state.events += 1
    at[slot].due = tick
    if earlier:
        rise(events, at, at[slot].place, slot)
    else:
        sink(events, at, state.events, at[slot].place, slot)


@lean
def forget(events: p.IntArray, at: p.RecordArray, state: p.Record, slot: int) -> None:
    """Take a lead that is due out of the events."""
    place = at[slot].place
    at[slot].place = NONE
    state.events -= 1
    if place < state.events:
        last = events[state.events]
        rise(events, at, place, last)
        sink(events, at, state.events, at[last].place, last)
