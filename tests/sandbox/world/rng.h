/*
 * rng: numbers and identifiers that follow from the seed alone.
 *
 * There is no state: the same (seed, stream, n) always gives the same number, so that any part of
 * the world can be looked at in any order. Identifiers carry what they identify, enciphered, so
 * that a resource is found from its id without a table.
 */
#ifndef SANDBOX_RNG_H
#define SANDBOX_RNG_H

#include <stddef.h>
#include <stdint.h>

/* 64 well-mixed bits (SplitMix64's finaliser over the three). */
uint64_t rng_at(uint64_t seed, uint64_t stream, uint64_t n);
/* The same scaled to 0 .. below-1; below must not be 0. */
uint64_t rng_below(uint64_t seed, uint64_t stream, uint64_t n, uint64_t below);

/* A bijection of 64 bits and its inverse: rng_open(seed, rng_seal(seed, v)) == v. */
uint64_t rng_seal(uint64_t seed, uint64_t value);
uint64_t rng_open(uint64_t seed, uint64_t sealed);

#define RNG_BASE32_LEN 13 /* characters of one 64-bit value */

/* Writes n characters (up to 13 of value, low bits first) and a NUL; alphabet has 32. */
void rng_base32(uint64_t value, const char *alphabet, size_t n, char *text);
/* Reads 13 characters back; 0 when one is not of the alphabet. */
uint64_t rng_unbase32(const char *text, const char *alphabet);

extern const char rng_lower32[]; /* a-z2-7 */
extern const char rng_upper32[]; /* A-Z2-7, as in AIDA... and db-... */

#endif
