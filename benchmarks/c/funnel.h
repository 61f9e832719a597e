/* The funnel of funnel.yaml: how long a lead waits in each stage, and what then becomes of it. */
#ifndef FUNNEL_H
#define FUNNEL_H
#include "chance.h"
#include "tally.h"

#define LEADS_PER_DAY 40.0
#define LAST_DAY 365.0
#define PEOPLE 5
#define TOUCHES 6
#define CADENCE 30.0

enum { LEAD, MQL, SQL, OPPORTUNITY, POOL, FINAL };
enum { CALL = CREATED + 1, CHECK, EXPIRE, PROGRESS, DECIDE, TOUCH, KINDS };

typedef struct {
    double born;
    uint8_t stage, touches, late;
} Lead;

/* Days until the lead's next attempt in its stage; work, where it is in LEAD. */
static inline double wait(Chance *c, Lead *lead) {
    switch (lead->stage) {
    case LEAD: return exponential(c, 0.1);
    case MQL: return lognormal(c, 0.5, 0.8);
    case SQL: {
        double days = exponential(c, 6.0);
        lead->late = days >= 7.0;
        return lead->late ? 7.0 : days;
    }
    case OPPORTUNITY: return gamma_of_shape_2(c, 15.0);
    default: return CADENCE;
    }
}

/* Where a lead comes to stand that goes to the pool: a limit already met sends it on without an event. */
static inline int pool(const Lead *lead) { return lead->touches < TOUCHES ? POOL : FINAL; }

/* Decide the attempt that is due, count it, and put the lead where it leads. */
static inline void attempt(Chance *c, const Tally *tally, Lead *lead, double day) {
    int good;
    switch (lead->stage) {
    case LEAD:
        good = happens(c, 0.45);
        count(tally, day, lead->born, CALL, good ? SUCCEEDED : EXHAUSTED);
        lead->stage = good ? MQL : pool(lead);
        break;
    case MQL:
        good = happens(c, 0.5);
        count(tally, day, lead->born, CHECK, good ? SUCCEEDED : EXHAUSTED);
        lead->stage = good ? SQL : pool(lead);
        break;
    case SQL:
        count(tally, day, lead->born, lead->late ? EXPIRE : PROGRESS, SUCCEEDED);
        lead->stage = lead->late ? pool(lead) : OPPORTUNITY;
        break;
    case OPPORTUNITY:
        good = happens(c, 0.3);
        count(tally, day, lead->born, DECIDE, good ? SUCCEEDED : EXHAUSTED);
        lead->stage = FINAL;
        break;
    default:
        lead->touches++;
        good = happens(c, 0.08);
        count(tally, day, lead->born, TOUCH, good ? SUCCEEDED : pool(lead) == POOL ? FAILED : EXHAUSTED);
        lead->stage = good ? MQL : pool(lead);
    }
}
#endif
