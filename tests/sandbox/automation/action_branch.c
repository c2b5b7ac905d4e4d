/* aws:branch: which step comes next, by the first choice that is true. */
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/automation/engine.h"

enum kind { TEXT, NUMBER, BOOLEAN };

static bool text_equals(struct sv a, struct sv b)
{
    return sv_eq(a, b);
}

static bool number_equals(double a, double b)
{
    return a == b;
}

static bool number_greater(double a, double b)
{
    return a > b;
}

static bool number_less(double a, double b)
{
    return a < b;
}

static bool number_at_least(double a, double b)
{
    return a >= b;
}

static bool number_at_most(double a, double b)
{
    return a <= b;
}

static const struct {
    const char *name;
    enum kind kind;
    bool (*texts)(struct sv value, struct sv operand);
    bool (*numbers)(double value, double operand);
} comparisons[] = {
    {"StringEquals", TEXT, text_equals, NULL},
    {"EqualsIgnoreCase", TEXT, sv_eq_nocase, NULL},
    {"StartsWith", TEXT, sv_starts, NULL},
    {"EndsWith", TEXT, sv_ends, NULL},
    {"Contains", TEXT, sv_contains, NULL},
    {"NumericEquals", NUMBER, NULL, number_equals},
    {"NumericGreater", NUMBER, NULL, number_greater},
    {"NumericLesser", NUMBER, NULL, number_less},
    {"NumericGreaterOrEquals", NUMBER, NULL, number_at_least},
    {"NumericLesserOrEquals", NUMBER, NULL, number_at_most},
    {"BooleanEquals", BOOLEAN, text_equals, NULL},
};

static bool compare(size_t i, const cJSON *variable, const cJSON *operand)
{
    AUTO_FREE char *value = value_text(variable);
    AUTO_FREE char *wanted = value_text(operand);
    if (comparisons[i].kind == NUMBER)
        return comparisons[i].numbers(strtod(value, NULL), strtod(wanted, NULL));
    if (comparisons[i].kind == BOOLEAN)
        return sv_eq_nocase(sv_of(value), sv_of(wanted));
    return comparisons[i].texts(sv_of(value), sv_of(wanted));
}

/* A comparison, or Not, And, Or over others. */
static bool is_true(const cJSON *choice)
{
    const cJSON *variable = json_get(choice, "Variable"), *all = json_get(choice, "And"),
                *any = json_get(choice, "Or"), *not = json_get(choice, "Not"), *item;
    bool every = true, some = false;
    if (not )
        return !is_true(not );
    cJSON_ArrayForEach (item, all)
        every &= is_true(item);
    cJSON_ArrayForEach (item, any)
        some |= is_true(item);
    if (all || any)
        return all ? every : some;
    for (size_t i = 0; variable && i < ARRAY_LEN(comparisons); i++) {
        const cJSON *operand = json_get(choice, comparisons[i].name);
        if (operand)
            return compare(i, variable, operand);
    }
    return false;
}

enum verdict branch_take(struct turn_of *turn)
{
    struct step_run *step = turn->step;
    const cJSON *choice, *otherwise = json_get(step->inputs, "Default");
    const char *name = NULL;
    cJSON_ArrayForEach (choice, json_get(step->inputs, "Choices")) {
        if (!is_true(choice))
            continue;
        name = json_sv(choice, "NextStep").ptr;
        break;
    }
    if (!name && otherwise)
        name = json_string(otherwise).ptr;
    const struct step_run *next = name ? automation_step(turn->automation, name) : NULL;
    if (name && !next)
        return step_fail(step, "aws:branch goes to %s, which is no step.", name);
    step->next = next ? next->name : NULL;
    if (next)
        step_output(step, "OutputPayload", cJSON_CreateString(next->name));
    return STEP_DONE;
}
