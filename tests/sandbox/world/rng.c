#include "tests/sandbox/world/rng.h"

#include <string.h>

const char rng_lower32[] = "abcdefghijklmnopqrstuvwxyz234567";
const char rng_upper32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#define MUL_1     UINT64_C(0xbf58476d1ce4e5b9)
#define MUL_2     UINT64_C(0x94d049bb133111eb)
#define INVERSE_1 UINT64_C(0x96de1b173f119089) /* of MUL_1 modulo 2^64 */
#define INVERSE_2 UINT64_C(0x319642b2d24d8ec3) /* of MUL_2 */
#define GOLDEN    UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * MUL_1;
    z = (z ^ (z >> 27)) * MUL_2;
    return z ^ (z >> 31);
}

static uint64_t unmix(uint64_t z)
{
    z = (z ^ (z >> 31) ^ (z >> 62)) * INVERSE_2;
    z = (z ^ (z >> 27) ^ (z >> 54)) * INVERSE_1;
    return z ^ (z >> 30) ^ (z >> 60);
}

uint64_t rng_at(uint64_t seed, uint64_t stream, uint64_t n)
{
    return mix(mix(seed + GOLDEN * (stream + 1)) + GOLDEN * (n + 1));
}

uint64_t rng_below(uint64_t seed, uint64_t stream, uint64_t n, uint64_t below)
{
    return (uint64_t)(((unsigned __int128)rng_at(seed, stream, n) * below) >> 64);
}

uint64_t rng_seal(uint64_t seed, uint64_t value)
{
    return mix(mix(value ^ mix(seed + 1)) ^ mix(seed + 2));
}

uint64_t rng_open(uint64_t seed, uint64_t sealed)
{
    return unmix(unmix(sealed) ^ mix(seed + 2)) ^ mix(seed + 1);
}

void rng_base32(uint64_t value, const char *alphabet, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++, value >>= 5)
        text[i] = alphabet[value & 31];
    text[n] = '\0';
}

uint64_t rng_unbase32(const char *text, const char *alphabet)
{
    uint64_t value = 0;
    for (int i = RNG_BASE32_LEN - 1; i >= 0; i--) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!at)
            return 0;
        value = value << 5 | (uint64_t)(at - alphabet);
    }
    return value;
}
