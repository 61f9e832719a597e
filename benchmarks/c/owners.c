/* The funnel of owners.yaml with a list of events in a binary heap. What is no longer true when it comes is passed over:
   each lead has a stamp that changes when it leaves a stage. */
#include "funnel.h"
#include "ring.h"

#define OWNERS 10
#define HOLD 12
#define ATTEMPTS 20
#define EXTENSIONS 2
#define TOKENS 3
#define WEEK 7.0
#define FOLLOW_UP PROGRESS

enum { COMES, DUE, ASKS, DEADLINE, DONE, KIND_BITS = 3 };

typedef struct {
    Lead lead;
    int32_t stamp, owner; /* or -1 */
    int8_t attempts, extended, token, worked_on;
} Held;

typedef struct {
    Ring requests;
    int busy, held, tokens;
} Owner;

typedef struct {
    Chance chance;
    Tally tally;
    Heap heap;
    Ring calls, unowned;
    Owner owners[OWNERS];
    Held *leads;
    int32_t *unused;
    int used, spare, room, busy;
} Run;

static int place(Run *run) {
    if (run->spare > 0) return run->unused[--run->spare];
    if (run->used == run->room) {
        run->room = run->room ? 2 * run->room : 1024;
        run->leads = realloc(run->leads, run->room * sizeof(Held));
        run->unused = realloc(run->unused, run->room * sizeof(int32_t));
    }
    run->leads[run->used].stamp = 0;
    return run->used++;
}

static inline Event later(const Run *run, double day, int kind, int who) {
    return (Event){day, kind | run->leads[who].stamp << KIND_BITS, who};
}

static inline int is_true(const Run *run, Event event) { return event.what >> KIND_BITS == run->leads[event.who].stamp; }

/* ---------------------------------------------------------------- owners */
static inline void begin(Run *run, int who, double day) {
    static const double mu = -3.1780538303479458, sigma = 0.42140356394179934; /* 30 minutes to 2 hours: an hour, in days */
    Held *held = &run->leads[who];
    run->owners[held->owner].busy = held->worked_on = 1;
    push(&run->heap, later(run, day + lognormal(&run->chance, mu, sigma) * 24 / 7, DONE, who));
}

static inline void ask(Run *run, int who, double day) {
    Owner *owner = &run->owners[run->leads[who].owner];
    if (owner->busy)
        append(&owner->requests, later(run, day, ASKS, who));
    else
        begin(run, who, day);
}

static inline void take_up(Run *run, Owner *owner, double day) {
    owner->busy = 0;
    while (owner->requests.size > 0 && !owner->busy) {
        Event request = take_first(&owner->requests);
        if (is_true(run, request)) begin(run, request.who, day);
    }
}

/* Give a lead to who has the fewest; false where nobody may take it. */
static inline int claim(Run *run, int who, double day) {
    int least = 0;
    for (int i = 1; i < OWNERS; i++) least = run->owners[i].held < run->owners[least].held ? i : least;
    if (run->owners[least].held == HOLD) return 0;
    run->owners[least].held++;
    run->leads[who].owner = least;
    ask(run, who, day);
    return 1;
}

static inline void enter_sql(Run *run, int who, double day) {
    Held *held = &run->leads[who];
    held->owner = -1;
    held->attempts = held->extended = held->token = held->worked_on = 0;
    push(&run->heap, later(run, day + WEEK, DEADLINE, who));
    if (run->unowned.size > 0 || !claim(run, who, day)) append(&run->unowned, later(run, day, ASKS, who));
}

/* ---------------------------------------------------------------- leads */
static inline void enter(Run *run, int who, double day) {
    Held *held = &run->leads[who];
    held->stamp = (held->stamp + 1) & 0xfffffff;
    if (held->lead.stage == FINAL)
        run->unused[run->spare++] = who;
    else if (held->lead.stage == SQL)
        enter_sql(run, who, day);
    else
        push(&run->heap, later(run, day + wait(&run->chance, &held->lead), DUE, who));
}

static inline void leave_sql(Run *run, int who, int stage, double day) {
    Held *held = &run->leads[who];
    int taken = held->owner, worked_on = held->worked_on;
    held->lead.stage = stage;
    if (taken >= 0) {
        run->owners[taken].held--;
        run->owners[taken].tokens -= held->token;
    }
    enter(run, who, day);
    if (taken >= 0 && worked_on) take_up(run, &run->owners[taken], day);
    while (run->unowned.size > 0 && (!is_true(run, first(&run->unowned)) || claim(run, first(&run->unowned).who, day)))
        take_first(&run->unowned);
}

static inline void follow_up(Run *run, int who, double day) {
    Held *held = &run->leads[who];
    int good = happens(&run->chance, 0.15), last = ++held->attempts == ATTEMPTS;
    count(&run->tally, day, held->lead.born, FOLLOW_UP, good ? SUCCEEDED : last ? EXHAUSTED : FAILED);
    if (good || last) {
        leave_sql(run, who, good ? OPPORTUNITY : pool(&held->lead), day);
    } else {
        held->worked_on = 0;
        push(&run->heap, later(run, day + 2, ASKS, who));
        take_up(run, &run->owners[held->owner], day);
    }
}

static inline void deadline(Run *run, int who, double day) {
    Held *held = &run->leads[who];
    if (held->extended < EXTENSIONS && happens(&run->chance, 0.3) && held->owner >= 0 &&
        (held->token || run->owners[held->owner].tokens < TOKENS)) {
        run->owners[held->owner].tokens += !held->token;
        held->token = 1;
        held->extended++;
        push(&run->heap, later(run, day + WEEK, DEADLINE, who));
    } else {
        count(&run->tally, day, held->lead.born, EXPIRE, SUCCEEDED);
        leave_sql(run, who, pool(&held->lead), day);
    }
}

static inline void come(Run *run, double day) {
    int who = place(run);
    run->leads[who].lead = (Lead){.born = day, .stage = LEAD};
    count(&run->tally, day, day, CREATED, FAILED);
    if (run->busy < PEOPLE) {
        run->busy++;
        enter(run, who, day);
    } else
        append(&run->calls, later(run, day, DUE, who));
    double next = day + exponential(&run->chance, 1 / LEADS_PER_DAY);
    if (next < LAST_DAY) push(&run->heap, (Event){next, COMES, 0});
}

static inline void due(Run *run, int who, double day) {
    Held *held = &run->leads[who];
    if (held->lead.stage == LEAD) {
        if (run->calls.size > 0)
            enter(run, take_first(&run->calls).who, day);
        else
            run->busy--;
    }
    attempt(&run->chance, &run->tally, &held->lead, day);
    enter(run, who, day);
}

static void happen(Run *run, Event event) {
    int kind = event.what & ((1 << KIND_BITS) - 1);
    if (kind == COMES)
        come(run, event.day);
    else if (!is_true(run, event))
        return;
    else if (kind == DUE)
        due(run, event.who, event.day);
    else if (kind == ASKS)
        ask(run, event.who, event.day);
    else if (kind == DEADLINE)
        deadline(run, event.who, event.day);
    else
        follow_up(run, event.who, event.day);
}

static void clear(Run *run) {
    run->heap.size = run->calls.size = run->unowned.size = run->used = run->spare = run->busy = 0;
    for (int i = 0; i < OWNERS; i++) {
        Owner *owner = &run->owners[i];
        owner->requests.size = owner->busy = owner->held = owner->tokens = 0;
    }
}

void run(uint64_t number, int64_t replications, const int32_t *month_of_day, int64_t days, int64_t months,
         int64_t *counts) {
    static Run run;
    for (int64_t r = 0; r < replications; r++) {
        clear(&run);
        run.tally = (Tally){month_of_day, counts + r * months * KINDS * OUTCOMES * 2, KINDS};
        seed(&run.chance, number + (uint64_t)r * 0xd1342543de82ef95u);
        push(&run.heap, (Event){exponential(&run.chance, 1 / LEADS_PER_DAY), COMES, 0});
        while (run.heap.size > 0 && run.heap.at[0].day < days) happen(&run, pop(&run.heap));
    }
}
