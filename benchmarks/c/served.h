/* Who serves in order of arrival: without a list of events. */
#ifndef SERVED_H
#define SERVED_H
#include "funnel.h"

/* When a call is over that comes on some day and takes so long: whoever is free first takes it. */
static inline double served(double *free_from, double day, double takes) {
    int person = 0;
    for (int i = 1; i < PEOPLE; i++) person = free_from[i] < free_from[person] ? i : person;
    free_from[person] = (free_from[person] > day ? free_from[person] : day) + takes;
    return free_from[person];
}
#endif
