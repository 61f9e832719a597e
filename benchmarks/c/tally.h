/* What is counted: leads that came and attempts, by month, kind, outcome, and whether the lead was old.

   Counts of one replication: (months, kinds, 3, 2), as in work.py. Kind 0 is a lead that came. */
#ifndef TALLY_H
#define TALLY_H
#include <stdint.h>

enum { FAILED, SUCCEEDED, EXHAUSTED, OUTCOMES };

#define OLD_AFTER 30.0
#define CREATED 0

typedef struct {
    const int32_t *month_of_day;
    int64_t *counts;
    int kinds;
} Tally;

static inline void count(const Tally *tally, double day, double born, int kind, int outcome) {
    int month = tally->month_of_day[(int)day], old = day - born >= OLD_AFTER;
    tally->counts[((month * tally->kinds + kind) * OUTCOMES + outcome) * 2 + old]++;
}
#endif
