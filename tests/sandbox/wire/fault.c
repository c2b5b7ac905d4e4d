#include "tests/sandbox/wire/fault.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"

enum kind { FAULT_THROTTLE, FAULT_RESET, FAULT_KIND_COUNT };

static const char *const kind_names[FAULT_KIND_COUNT] = {"throttle", "reset"};

struct fault {
    enum kind kind;
    double rate;
    char account[16], service[32], operation[80]; /* "": any */
    int64_t bytes;
};

struct faults {
    VEC(struct fault) list;
    uint64_t random; /* never 0 */
};

static bool set_text(char *field, size_t size, struct sv value)
{
    sv_copy(value, field, size);
    return value.len > 0 && value.len < size;
}

static bool set_rate(struct fault *f, struct sv value)
{
    char text[32], *end;
    if (!set_text(text, sizeof text, value))
        return false;
    f->rate = strtod(text, &end);
    return !*end && f->rate >= 0 && f->rate <= 1;
}

static bool set_key(struct fault *f, struct sv key, struct sv value)
{
    if (sv_eq_cstr(key, "rate"))
        return set_rate(f, value);
    if (sv_eq_cstr(key, "account"))
        return set_text(f->account, sizeof f->account, value);
    if (sv_eq_cstr(key, "service"))
        return set_text(f->service, sizeof f->service, value);
    if (sv_eq_cstr(key, "operation"))
        return set_text(f->operation, sizeof f->operation, value);
    if (sv_eq_cstr(key, "bytes") && f->kind == FAULT_RESET)
        return sv_to_i64(value, &f->bytes) && f->bytes >= 0;
    return false;
}

static enum err_code read_fault(struct sv spec, struct fault *f, struct err *err)
{
    struct sv kind = sv_split(&spec, ':');
    size_t i = 0;
    while (i < FAULT_KIND_COUNT && !sv_eq_cstr(kind, kind_names[i]))
        i++;
    if (i == FAULT_KIND_COUNT)
        return err_set(err, ERR_USAGE, "--fault",
                       "no fault is called '" SV_FMT "': there are throttle and reset",
                       SV_ARG(kind));
    *f = (struct fault){.kind = (enum kind)i, .rate = 1};
    while (spec.len > 0) {
        struct sv item = sv_split(&spec, ','), value = item;
        struct sv key = sv_split(&value, '=');
        if (!set_key(f, key, value))
            return err_set(err, ERR_USAGE, "--fault",
                           "'" SV_FMT "' does not fit: the keys are rate=0..1, account, service, "
                           "operation and, for reset, bytes",
                           SV_ARG(item));
    }
    return OK;
}

enum err_code faults_new(struct sv spec, uint64_t seed, struct faults **faults, struct err *err)
{
    struct faults *made = mem_new(struct faults);
    made->random = seed * 2 + 1;
    while (spec.len > 0) {
        struct fault fault;
        enum err_code code = read_fault(sv_split(&spec, ';'), &fault, err);
        if (code != OK) {
            faults_free(made);
            return code;
        }
        vec_push(&made->list, fault);
    }
    *faults = made;
    return OK;
}

void faults_free(struct faults *faults)
{
    if (faults)
        vec_free(&faults->list);
    mem_free(faults);
}

bool faults_cut_wires(const struct faults *faults)
{
    for (size_t i = 0; i < faults->list.len; i++)
        if (faults->list.ptr[i].kind == FAULT_RESET)
            return true;
    return false;
}

/* xorshift64* (Vigna 2016), as a number of 0 <= x < 1 */
static double next_random(struct faults *faults)
{
    uint64_t x = faults->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    faults->random = x;
    return (double)((x * 0x2545F4914F6CDD1DULL) >> 11) / 9007199254740992.0;
}

static bool fits(const char *wanted, const char *is)
{
    return !*wanted || strcmp(wanted, is) == 0;
}

/* The first fault of kind that fits target and whose die falls so; NULL when there is none. */
static const struct fault *pick(struct faults *faults, enum kind kind,
                                const struct fault_target *target)
{
    for (size_t i = 0; i < faults->list.len; i++) {
        const struct fault *f = &faults->list.ptr[i];
        if (f->kind == kind && fits(f->service, target->service) &&
            fits(f->operation, target->operation) && fits(f->account, target->account_id) &&
            next_random(faults) < f->rate)
            return f;
    }
    return NULL;
}

bool faults_throttle(struct faults *faults, const struct fault_target *target)
{
    return pick(faults, FAULT_THROTTLE, target) != NULL;
}

int64_t faults_reset(struct faults *faults, const struct fault_target *target)
{
    const struct fault *f = pick(faults, FAULT_RESET, target);
    return f ? f->bytes : -1;
}
