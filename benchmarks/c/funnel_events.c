/* The funnel with a list of events: a binary heap and, with -DRINGS, a ring for the waits of constant length. */
#include "funnel.h"
#include "ring.h"

enum { COMES, DUE };

typedef struct {
    Heap heap;
    Ring ring, queue;
    Lead *leads;
    int32_t *unused;
    int used, spare, room, busy;
} Run;

static int place(Run *run) {
    if (run->spare > 0) return run->unused[--run->spare];
    if (run->used == run->room) {
        run->room = run->room ? 2 * run->room : 1024;
        run->leads = realloc(run->leads, run->room * sizeof(Lead));
        run->unused = realloc(run->unused, run->room * sizeof(int32_t));
    }
    return run->used++;
}

/* Let a lead's next attempt come, after its wait; a pool's cadence is the only constant wait that always runs out. */
static inline void plan(Run *run, Chance *c, int who, double day) {
    Event next = {day + wait(c, &run->leads[who]), DUE, who};
#ifdef RINGS
    if (run->leads[who].stage == POOL) {
        append(&run->ring, next);
        return;
    }
#endif
    push(&run->heap, next);
}

static inline void come(Run *run, Chance *c, const Tally *tally, double day) {
    int who = place(run);
    run->leads[who] = (Lead){.born = day, .stage = LEAD};
    count(tally, day, day, CREATED, FAILED);
    if (run->busy < PEOPLE) {
        run->busy++;
        plan(run, c, who, day);
    } else
        append(&run->queue, (Event){day, DUE, who});
    double next = day + exponential(c, 1 / LEADS_PER_DAY);
    if (next < LAST_DAY) push(&run->heap, (Event){next, COMES, 0});
}

static inline void due(Run *run, Chance *c, const Tally *tally, Event event) {
    Lead *lead = &run->leads[event.who];
    if (lead->stage == LEAD) {
        if (run->queue.size > 0)
            plan(run, c, take_first(&run->queue).who, event.day);
        else
            run->busy--;
    }
    attempt(c, tally, lead, event.day);
    if (lead->stage == FINAL)
        run->unused[run->spare++] = event.who;
    else
        plan(run, c, event.who, event.day);
}

static inline Event next(Run *run) {
#ifdef RINGS
    if (run->ring.size > 0 && (run->heap.size == 0 || first(&run->ring).day < run->heap.at[0].day))
        return take_first(&run->ring);
#endif
    return pop(&run->heap);
}

void run(uint64_t number, int64_t replications, const int32_t *month_of_day, int64_t days, int64_t months,
         int64_t *counts) {
    Run run = {0};
    for (int64_t r = 0; r < replications; r++) {
        Chance chance, *c = &chance;
        Tally tally = {month_of_day, counts + r * months * KINDS * OUTCOMES * 2, KINDS};
        run.heap.size = run.ring.size = run.queue.size = run.used = run.spare = run.busy = 0;
        seed(c, number + (uint64_t)r * 0xd1342543de82ef95u);
        push(&run.heap, (Event){exponential(c, 1 / LEADS_PER_DAY), COMES, 0});
        while (run.heap.size + run.ring.size > 0) {
            Event event = next(&run);
            if (event.day >= days) break;
            if (event.what == COMES)
                come(&run, c, &tally, event.day);
            else
                due(&run, c, &tally, event);
        }
    }
    free(run.heap.at);
    free(run.ring.at);
    free(run.queue.at);
    free(run.leads);
    free(run.unused);
}
