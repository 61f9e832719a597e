/* The funnel of tracks.yaml without a list of events; with -DPOINTS warmth and fatigue act. */
#include "served.h"

#define NURTURE_TOUCHES 4

enum { MAILED = DECIDE + 1, POOL_MAILED = MAILED + 4, MESSAGED = POOL_MAILED + 4, ALL_KINDS = MESSAGED + 2 };
enum { NO_TRACK, NURTURE, REACTIVATION };

typedef struct {
    Lead lead;
    double move, touch; /* when they are due, or INFINITY */
    double warmth, fatigue, warm_since, tired_since;
    int track, sent; /* touches since it joined its track */
} Nurtured;

/* ---------------------------------------------------------------- warmth and fatigue */
#ifdef POINTS
static inline double warmth(const Nurtured *n, double day) { return n->warmth * exp2((n->warm_since - day) / 30); }

static inline double fatigue(const Nurtured *n, double day) { return n->fatigue * exp2((n->tired_since - day) / 14); }

static inline double with_odds(double chance, double log_odds) {
    double odds = chance / (1 - chance) * exp(log_odds);
    return odds / (1 + odds);
}

static inline double good_chance(const Nurtured *n, double day) { return with_odds(0.5, log(1.05) * warmth(n, day)); }

static inline double engages(const Nurtured *n, double day, double chance) {
    return with_odds(chance, log(1.02) * warmth(n, day) + log(0.85) * fatigue(n, day));
}

static inline void warm(Nurtured *n, double day, double points) {
    n->warmth = warmth(n, day) + points;
    n->warm_since = day;
}

static inline void tire(Nurtured *n, double day) {
    n->fatigue = fatigue(n, day) + 1;
    n->tired_since = day;
}
#else
static inline double good_chance(const Nurtured *n, double day) { return (void)n, (void)day, 0.5; }
static inline double engages(const Nurtured *n, double day, double chance) { return (void)n, (void)day, chance; }
static inline void warm(Nurtured *n, double day, double points) { (void)n, (void)day, (void)points; }
static inline void tire(Nurtured *n, double day) { (void)n, (void)day; }
#endif

/* ---------------------------------------------------------------- touches */
/* Decide a row of a touch, and count it. */
static inline int row(Chance *c, const Tally *tally, const Nurtured *n, double day, int kind, double chance, int failed) {
    int good = happens(c, chance);
    count(tally, day, n->lead.born, kind, good ? SUCCEEDED : failed);
    return good;
}

static inline int mail(Chance *c, const Tally *tally, Nurtured *n, double day, int kind, int failed) {
    double opens = engages(n, day, 0.4);
    if (!row(c, tally, n, day, kind, 0.95, failed)) return 0;
    tire(n, day);
    if (!row(c, tally, n, day, kind + 1, opens, failed)) return 0;
    if (!row(c, tally, n, day, kind + 2, 0.3, failed)) return warm(n, day, 2), 0;
    warm(n, day, 10);
    return row(c, tally, n, day, kind + 3, 0.5, failed);
}

static inline int message(Chance *c, const Tally *tally, Nurtured *n, double day, int failed) {
    double responds = engages(n, day, 0.08);
    if (!row(c, tally, n, day, MESSAGED, 0.97, failed)) return 0;
    tire(n, day);
    if (!row(c, tally, n, day, MESSAGED + 1, responds, failed)) return 0;
    warm(n, day, 5);
    return 1;
}

/* ---------------------------------------------------------------- leads */
static inline void enter(Chance *c, Nurtured *n, int stage, double day) {
    int track = stage == MQL || stage == SQL ? NURTURE : stage == POOL ? REACTIVATION : NO_TRACK;
    n->lead.stage = stage;
    n->move = stage == POOL ? INFINITY : day + wait(c, &n->lead);
    if (track == n->track) return;
    n->track = track;
    n->sent = 0;
    n->touch = track == NURTURE ? day + 3 : track == REACTIVATION ? day + CADENCE : INFINITY;
}

static inline void touched(Chance *c, const Tally *tally, Nurtured *n, double day) {
    if (n->track == NURTURE) {
        mail(c, tally, n, day, MAILED, FAILED);
        n->touch = ++n->sent < NURTURE_TOUCHES ? day + 3 : INFINITY;
        return;
    }
    int last = ++n->lead.touches == TOUCHES, failed = last ? EXHAUSTED : FAILED;
    int responds = n->sent++ % 2 ? message(c, tally, n, day, failed) : mail(c, tally, n, day, POOL_MAILED, failed);
    if (responds)
        enter(c, n, MQL, day);
    else if (last)
        n->lead.stage = FINAL;
    else
        n->touch = day + CADENCE;
}

static inline void moved(Chance *c, const Tally *tally, Nurtured *n, double day) {
    if (n->lead.stage == MQL) {
        int good = row(c, tally, n, day, CHECK, good_chance(n, day), EXHAUSTED);
        n->lead.stage = good ? SQL : pool(&n->lead);
    } else
        attempt(c, tally, &n->lead, day);
    if (n->lead.stage != FINAL) enter(c, n, n->lead.stage, day);
}

void run(uint64_t number, int64_t replications, const int32_t *month_of_day, int64_t days, int64_t months,
         int64_t *counts) {
    for (int64_t r = 0; r < replications; r++) {
        Chance chance, *c = &chance;
        Tally tally = {month_of_day, counts + r * months * ALL_KINDS * OUTCOMES * 2, ALL_KINDS};
        double free_from[PEOPLE] = {0};
        seed(c, number + (uint64_t)r * 0xd1342543de82ef95u);
        for (double came = exponential(c, 1 / LEADS_PER_DAY); came < LAST_DAY; came += exponential(c, 1 / LEADS_PER_DAY)) {
            Nurtured n = {.lead = {.born = came, .stage = LEAD}, .touch = INFINITY};
            count(&tally, came, came, CREATED, FAILED);
            n.move = served(free_from, came, wait(c, &n.lead));
            while (n.lead.stage != FINAL) {
                int touch = n.touch < n.move;
                double day = touch ? n.touch : n.move;
                if (day >= days) break;
                if (touch)
                    touched(c, &tally, &n, day);
                else
                    moved(c, &tally, &n, day);
            }
        }
    }
}
