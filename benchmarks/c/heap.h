/* A binary heap of what comes next, the earliest first. */
#ifndef HEAP_H
#define HEAP_H
#include <stdint.h>
#include <stdlib.h>

typedef struct {
    double day;
    int32_t what, who;
} Event;

typedef struct {
    Event *at;
    int size, room;
} Heap;

static inline void push(Heap *heap, Event event) {
    if (heap->size == heap->room) {
        heap->room = heap->room ? 2 * heap->room : 1024;
        heap->at = realloc(heap->at, heap->room * sizeof(Event));
    }
    int i = heap->size++;
    for (; i > 0 && event.day < heap->at[(i - 1) / 2].day; i = (i - 1) / 2) heap->at[i] = heap->at[(i - 1) / 2];
    heap->at[i] = event;
}

static inline Event pop(Heap *heap) {
    Event first = heap->at[0], last = heap->at[--heap->size];
    int i = 0;
    for (int child = 1; child < heap->size; child = 2 * i + 1) {
        child += child + 1 < heap->size && heap->at[child + 1].day < heap->at[child].day;
        if (last.day <= heap->at[child].day) break;
        heap->at[i] = heap->at[child];
        i = child;
    }
    heap->at[i] = last;
    return first;
}
#endif
