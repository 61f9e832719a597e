/* The funnel without a list of events: people serve in order of arrival, and then each lead is walked to its end. */
#include "served.h"

void run(uint64_t number, int64_t replications, const int32_t *month_of_day, int64_t days, int64_t months,
         int64_t *counts) {
    for (int64_t r = 0; r < replications; r++) {
        Chance chance, *c = &chance;
        Tally tally = {month_of_day, counts + r * months * KINDS * OUTCOMES * 2, KINDS};
        double free_from[PEOPLE] = {0};
        seed(c, number + (uint64_t)r * 0xd1342543de82ef95u);
        for (double came = exponential(c, 1 / LEADS_PER_DAY); came < LAST_DAY; came += exponential(c, 1 / LEADS_PER_DAY)) {
            Lead lead = {.born = came, .stage = LEAD};
            count(&tally, came, came, CREATED, FAILED);
            double day = served(free_from, came, wait(c, &lead));
            while (lead.stage != FINAL && day < days) {
                attempt(c, &tally, &lead, day);
                if (lead.stage != FINAL) day += wait(c, &lead);
            }
        }
    }
}
