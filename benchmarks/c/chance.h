/* Random numbers: xoshiro256++ (Blackman and Vigna), seeded by SplitMix64, and the laws of the benchmarks. */
#ifndef CHANCE_H
#define CHANCE_H
#include <math.h>
#include <stdint.h>

typedef struct {
    uint64_t s[4];
    double spare; /* the second of two normal numbers, or NAN */
} Chance;

static inline uint64_t rotated(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static void seed(Chance *c, uint64_t number) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = number += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        c->s[i] = z ^ (z >> 31);
    }
    c->spare = NAN;
}

static inline uint64_t word(Chance *c) {
    uint64_t *s = c->s, result = rotated(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

/* Above 0 and below 1. */
static inline double uniform(Chance *c) { return ((word(c) >> 11) + 0.5) * 0x1p-53; }

static inline int happens(Chance *c, double chance) { return word(c) < (uint64_t)(chance * 0x1p64); }

static inline double exponential(Chance *c, double mean) { return -mean * log(uniform(c)); }

static inline double gamma_of_shape_2(Chance *c, double scale) { return -scale * log(uniform(c) * uniform(c)); }

/* Marsaglia's polar method: two at a time. */
static inline double normal(Chance *c) {
    double x = c->spare, y, r;
    if (x == x) {
        c->spare = NAN;
        return x;
    }
    do {
        x = 2 * uniform(c) - 1;
        y = 2 * uniform(c) - 1;
        r = x * x + y * y;
    } while (r >= 1 || r == 0);
    r = sqrt(-2 * log(r) / r);
    c->spare = y * r;
    return x * r;
}

static inline double lognormal(Chance *c, double mu, double sigma) { return exp(mu + sigma * normal(c)); }
#endif
