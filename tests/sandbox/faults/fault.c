#include "tests/sandbox/faults/fault.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/handler.h"

struct faults {
    VEC(struct fault) list;
    uint64_t random; /* never 0 */
};

/* --- keys ------------------------------------------------------------------------------------- */

#define BIT(kind) (1u << (kind))
#define ALL       ((BIT(FAULT_KIND_COUNT) - 1) & ~BIT(FAULT_SKEW))
#define MESSAGES                                                                 \
    (BIT(FAULT_LOSE) | BIT(FAULT_DOUBLE) | BIT(FAULT_LATE) | BIT(FAULT_DIGEST) | \
     BIT(FAULT_PAUSE) | BIT(FAULT_VANISH) | BIT(FAULT_BYE) | BIT(FAULT_DROP))
#define WIRES (BIT(FAULT_RESET) | BIT(FAULT_CLOSE) | BIT(FAULT_STALL) | BIT(FAULT_SLOW))

static bool set_text(void *field, size_t size, struct sv value)
{
    sv_copy(value, field, size);
    return value.len > 0 && value.len < size;
}

static bool set_fraction(void *field, size_t size, struct sv value)
{
    char text[32], *end;
    (void)size;
    if (!set_text(text, sizeof text, value))
        return false;
    double number = strtod(text, &end);
    *(double *)field = number;
    return !*end && number >= 0 && number <= 1;
}

static bool set_number(void *field, size_t size, struct sv value)
{
    (void)size;
    return sv_to_i64(value, field);
}

static bool set_count(void *field, size_t size, struct sv value)
{
    return set_number(field, size, value) && *(int64_t *)field >= 0;
}

#define FIELD(name) offsetof(struct fault, name), sizeof(((struct fault *)0)->name)

static const struct {
    const char *name;
    unsigned kinds;
    bool (*set)(void *field, size_t size, struct sv value);
    size_t offset, size;
} keys[] = {
    {"rate", ALL, set_fraction, FIELD(rate)},
    {"account", ALL, set_text, FIELD(account)},
    {"service", ALL, set_text, FIELD(service)},
    {"operation", ALL, set_text, FIELD(operation)},
    {"after", ALL, set_count, FIELD(after)},
    {"first", ALL, set_count, FIELD(first)},
    {"retry_after", BIT(FAULT_THROTTLE), set_text, FIELD(retry_after)},
    {"code", BIT(FAULT_ERROR), set_text, FIELD(code)},
    {"status", BIT(FAULT_ERROR) | BIT(FAULT_BODY) | BIT(FAULT_REDIRECT), set_count, FIELD(status)},
    {"pages", BIT(FAULT_LOOP) | BIT(FAULT_BLANK), set_count, FIELD(pages)},
    {"is", BIT(FAULT_WRONG) | BIT(FAULT_BODY) | (MESSAGES & ~BIT(FAULT_DIGEST)), set_text,
     FIELD(is)},
    {"share", BIT(FAULT_WRONG), set_fraction, FIELD(share)},
    {"bytes", BIT(FAULT_HUGE) | WIRES, set_count, FIELD(bytes)},
    {"by", BIT(FAULT_LENGTH), set_number, FIELD(by)},
    {"to", BIT(FAULT_REDIRECT) | BIT(FAULT_BODY), set_text, FIELD(to)},
    {"ms", BIT(FAULT_SLOW) | BIT(FAULT_LATE) | BIT(FAULT_PAUSE) | BIT(FAULT_VANISH), set_count,
     FIELD(ms)},
    {"calls", BIT(FAULT_EXPIRED), set_count, FIELD(calls)},
    {"s", BIT(FAULT_SKEW), set_number, FIELD(s)},
};

/* What a fault is before its keys are read. `choices`: what `is` may be, the first one if nothing
 * is said. */
static const struct {
    const char *name;
    struct fault before;
    const char *choices;
} kinds[FAULT_KIND_COUNT] = {
    [FAULT_THROTTLE] = {"throttle", {0}, NULL},
    [FAULT_ERROR] = {"error", {.code = "InternalFailure", .status = 500}, NULL},
    [FAULT_EXPIRED] = {"expired", {0}, NULL},
    [FAULT_REVOKED] = {"revoked", {0}, NULL},
    [FAULT_SKEW] = {"skew", {0}, NULL},
    [FAULT_LOOP] = {"loop", {.pages = 1}, NULL},
    [FAULT_BLANK] = {"blank", {.pages = 1}, NULL},
    [FAULT_TWICE] = {"twice", {0}, NULL},
    [FAULT_STRANGE] = {"strange", {0}, NULL},
    [FAULT_WRONG] = {"wrong", {.share = 1}, "null type date missing"},
    [FAULT_BODY] = {"body",
                    {.to = "file:///etc/passwd"},
                    "html empty cut deep entities external garbage"},
    [FAULT_HUGE] = {"huge", {.bytes = (int64_t)512 << 20}, NULL},
    [FAULT_LENGTH] = {"length", {.by = 1}, NULL},
    [FAULT_REDIRECT] = {"redirect", {.status = 307, .to = "http://127.0.0.1:1/"}, NULL},
    [FAULT_RESET] = {"reset", {0}, NULL},
    [FAULT_CLOSE] = {"close", {0}, NULL},
    [FAULT_STALL] = {"stall", {0}, NULL},
    [FAULT_SLOW] = {"slow", {.ms = 1000}, NULL},
    [FAULT_LOSE] = {"lose", {0}, "both down up"},
    [FAULT_DOUBLE] = {"double", {0}, "both down up"},
    [FAULT_LATE] = {"late", {.ms = 50}, "both down up"},
    [FAULT_DIGEST] = {"digest", {0}, "down"},
    [FAULT_PAUSE] = {"pause", {.ms = 5000}, "both down up"},
    [FAULT_VANISH] = {"vanish", {0}, "both down up"},
    [FAULT_BYE] = {"bye", {0}, "both down up"},
    [FAULT_DROP] = {"drop", {0}, "both down up"},
};

/* --- reading ---------------------------------------------------------------------------------- */

static bool set_key(struct fault *f, struct sv name, struct sv value)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (sv_eq_cstr(name, keys[i].name) && (keys[i].kinds & BIT(f->kind)))
            return keys[i].set((char *)f + keys[i].offset, keys[i].size, value);
    return false;
}

/* Completes `is`; false when it is none of the choices. */
static bool settle_choice(struct fault *f)
{
    struct sv rest = sv_of(kinds[f->kind].choices), choice = sv_split(&rest, ' ');
    if (!*f->is)
        sv_copy(choice, f->is, sizeof f->is);
    while (choice.len > 0 && !sv_eq_cstr(choice, f->is))
        choice = sv_split(&rest, ' ');
    return choice.len > 0 || !kinds[f->kind].choices;
}

static enum err_code unknown_kind(struct sv kind, struct err *err)
{
    AUTO(buf_done) struct buf names = BUF_NONE;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++)
        buf_addf(&names, "%s%s", i > 0 ? ", " : "", kinds[i].name);
    return err_set(err, ERR_USAGE, "--fault", "no fault is called '" SV_FMT "': there are %s",
                   SV_ARG(kind), buf_cstr(&names));
}

static enum err_code wrong_key(const struct fault *f, struct sv item, struct err *err)
{
    AUTO(buf_done) struct buf names = BUF_NONE;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].kinds & BIT(f->kind))
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", keys[i].name);
    return err_set(err, ERR_USAGE, "--fault",
                   "'" SV_FMT "' does not fit: the keys of %s are %s%s%s", SV_ARG(item),
                   kinds[f->kind].name, buf_cstr(&names), kinds[f->kind].choices ? "; is: " : "",
                   kinds[f->kind].choices ? kinds[f->kind].choices : "");
}

/* Whether a request or message may come that f is for: else it would never strike. Types of
 * messages are not looked at. */
static bool has_target(const struct fault *f)
{
    if (BIT(f->kind) & MESSAGES)
        return !*f->service || strcmp(f->service, "ssmmessages") == 0;
    if (*f->service) {
        const struct service *service = api_service(sv_of(f->service));
        return service && (!*f->operation || api_operation(service, sv_of(f->operation)));
    }
    bool found = !*f->operation;
    for (size_t i = 0; i < n_sandbox_services && !found; i++)
        found =
            api_operation(api_service(sv_of(sandbox_services[i]->service)), sv_of(f->operation));
    return found;
}

static enum err_code read_fault(struct sv spec, struct fault *f, struct err *err)
{
    struct sv kind = sv_split(&spec, ':');
    size_t i = 0;
    while (i < FAULT_KIND_COUNT && !sv_eq_cstr(kind, kinds[i].name))
        i++;
    if (i == FAULT_KIND_COUNT)
        return unknown_kind(kind, err);
    *f = kinds[i].before;
    f->kind = (enum fault_kind)i;
    f->rate = 1;
    f->first = -1;
    struct sv item = SV_NONE;
    while (spec.len > 0) {
        struct sv value = item = sv_split(&spec, ',');
        struct sv key = sv_split(&value, '=');
        if (!set_key(f, key, value))
            return wrong_key(f, item, err);
    }
    if (!has_target(f))
        return err_set(err, ERR_USAGE, "--fault", "%s: there is no service or operation '%s%s%s'",
                       kinds[f->kind].name, f->service, *f->service && *f->operation ? ":" : "",
                       f->operation);
    return settle_choice(f) ? OK : wrong_key(f, item, err);
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

static bool have(const struct faults *faults, unsigned wanted)
{
    for (size_t i = 0; i < faults->list.len; i++)
        if (BIT(faults->list.ptr[i].kind) & wanted)
            return true;
    return false;
}

bool faults_break_wires(const struct faults *faults)
{
    return have(faults, WIRES);
}

bool faults_reach_messages(const struct faults *faults)
{
    return have(faults, MESSAGES);
}

/* --- choosing --------------------------------------------------------------------------------- */

/* xorshift64* (Vigna 2016) */
double faults_random(struct faults *faults)
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

/* Requests and messages of sessions have faults of their own. */
static bool is_of_kind(const struct fault *f, const struct fault_target *target)
{
    if (!target->way)
        return !(BIT(f->kind) & MESSAGES);
    return (BIT(f->kind) & MESSAGES) &&
           (strcmp(f->is, "both") == 0 || strcmp(f->is, target->way) == 0);
}

/* Whether f meets target; its counts and the dice go on. */
static bool meets(struct faults *faults, struct fault *f, const struct fault_target *target)
{
    if (!is_of_kind(f, target) || !fits(f->service, target->service) ||
        !fits(f->operation, target->operation) || !fits(f->account, target->account_id) ||
        (f->kind == FAULT_EXPIRED && target->n_calls < f->calls) || ++f->n_fitted <= f->after ||
        (f->first >= 0 && f->n_met >= f->first) || faults_random(faults) >= f->rate)
        return false;
    f->n_met++;
    return true;
}

void faults_choose(struct faults *faults, const struct fault_target *target, struct fate *fate)
{
    *fate = (struct fate){0};
    for (size_t i = 0; i < faults->list.len; i++) {
        struct fault *f = &faults->list.ptr[i];
        if (!fate->of[f->kind] && meets(faults, f, target))
            fate->of[f->kind] = f;
    }
}

int64_t faults_skew_ms(const struct faults *faults)
{
    int64_t s = 0;
    for (size_t i = 0; i < faults->list.len; i++)
        s += faults->list.ptr[i].s;
    return s * 1000;
}
