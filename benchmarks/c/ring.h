/* A queue in a ring: first in, first out. */
#ifndef RING_H
#define RING_H
#include "heap.h"

typedef struct {
    Event *at;
    unsigned head, size, room;
} Ring;

static inline void append(Ring *ring, Event event) {
    if (ring->size == ring->room) {
        unsigned room = ring->room ? 2 * ring->room : 1024;
        Event *at = malloc(room * sizeof(Event));
        for (unsigned i = 0; i < ring->size; i++) at[i] = ring->at[(ring->head + i) & (ring->room - 1)];
        free(ring->at);
        *ring = (Ring){at, 0, ring->size, room};
    }
    ring->at[(ring->head + ring->size++) & (ring->room - 1)] = event;
}

static inline Event first(const Ring *ring) { return ring->at[ring->head]; }

static inline Event take_first(Ring *ring) {
    Event event = first(ring);
    ring->head = (ring->head + 1) & (ring->room - 1);
    ring->size--;
    return event;
}
#endif
