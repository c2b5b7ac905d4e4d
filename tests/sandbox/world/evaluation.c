#include "tests/sandbox/world/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/security_group.h"

#define SECOND_MS       INT64_C(1000)
#define DAY_MS          (86400 * SECOND_MS)
#define REACTION_MS     (10 * SECOND_MS) /* from a captured change to its evaluation */
#define RUN_MS          (15 * SECOND_MS) /* how long a run that was asked for takes */
#define RUN_INTERVAL_MS (60 * SECOND_MS) /* between two of them */
#define RESULT_MS       400              /* from the invocation to the recorded result */
#define RULES_MAX       128

/* The last run of a rule that StartConfigRulesEvaluation asked for, and the one before it. */
struct run {
    uint32_t cell;
    const struct rule *rule;
    int64_t started_ms;
    int64_t before_ms; /* 0: there was none */
};

/* Verdicts of all rules on the derived resources of one type in one cell. */
struct type_verdicts {
    int64_t stamp; /* what they depend on beside the seed: see stamp_of */
    uint64_t n;    /* resources */
    size_t n_rules;
    uint8_t *verdicts; /* n_rules bytes a resource */
    uint64_t *counts;  /* N_COMPLIANCES a rule, of the unchanged resources */
};

struct cell_evaluations {
    struct deployed *rules;
    size_t n_rules;
    struct type_verdicts *types[N_TYPES][2]; /* as of now, as of an earlier time */
};

struct evaluations {
    struct cell_evaluations **cells;
    size_t n_cells;
    VEC(struct run) runs;
    cJSON *parameters[RULES_MAX]; /* of each rule, parsed */
};

static struct evaluations *evaluations_of(struct world *world)
{
    if (!world->evaluations) {
        world->evaluations = mem_new(struct evaluations);
        world->evaluations->n_cells = world->n_cells;
        world->evaluations->cells = mem_alloc(world->n_cells * sizeof(struct cell_evaluations *));
        for (size_t i = 0; i < n_managed_rules; i++)
            world->evaluations->parameters[i] =
                managed_rules[i].parameters[0] ? cJSON_Parse(managed_rules[i].parameters) : NULL;
    }
    return world->evaluations;
}

static void free_verdicts(struct type_verdicts *of)
{
    if (!of)
        return;
    mem_free(of->verdicts);
    mem_free(of->counts);
    mem_free(of);
}

static void free_cell(struct cell_evaluations *cell)
{
    for (int type = 0; cell && type < N_TYPES; type++) {
        free_verdicts(cell->types[type][0]);
        free_verdicts(cell->types[type][1]);
    }
    if (cell)
        mem_free(cell->rules);
    mem_free(cell);
}

void evaluations_forget(struct world *world, uint32_t cell)
{
    if (!world->evaluations)
        return;
    free_cell(world->evaluations->cells[cell]);
    world->evaluations->cells[cell] = NULL;
}

void evaluations_free(struct world *world)
{
    struct evaluations *all = world->evaluations;
    if (!all)
        return;
    for (size_t i = 0; i < all->n_cells; i++)
        free_cell(all->cells[i]);
    for (size_t i = 0; i < n_managed_rules; i++)
        cJSON_Delete(all->parameters[i]);
    vec_free(&all->runs);
    mem_free(all->cells);
    mem_free(all);
    world->evaluations = NULL;
}

/* --- which rules ---------------------------------------------------------------------------- */

static bool is_deployed(const struct world *world, uint32_t cell, size_t rule)
{
    if (managed_rules[rule].traits & HOME && !cell_is_home(world, cell))
        return false;
    if (managed_rules[rule].traits & CORE || world->cells[cell].account == world->showcase)
        return true;
    uint64_t who = (uint64_t)world->cells[cell].account * RULES_MAX + rule;
    return rng_below(world->spec.seed, STREAM_RULE_DEPLOYED, who, 1000) < 550;
}

static int by_name(const void *a, const void *b)
{
    const struct deployed *x = a, *y = b;
    return strcmp(x->rule->name, y->rule->name);
}

static struct deployed deploy(const struct world *world, uint32_t cell, size_t rule)
{
    uint64_t who = (uint64_t)cell * RULES_MAX + rule;
    uint64_t seed = world->spec.seed;
    return (struct deployed){
        .rule = &managed_rules[rule],
        .cell = cell,
        .created_ms = world->start_ms -
                      (int64_t)(27 + rng_below(seed, STREAM_RULE_CREATED, who, 12)) * DAY_MS,
        .frequency_ms = DAY_MS,
        .phase_ms = (int64_t)rng_below(seed, STREAM_RULE_PHASE, who, (uint64_t)DAY_MS),
    };
}

static struct cell_evaluations *cell_of(struct world *world, uint32_t cell)
{
    struct evaluations *all = evaluations_of(world);
    if (all->cells[cell])
        return all->cells[cell];
    struct cell_evaluations *made = all->cells[cell] = mem_new(struct cell_evaluations);
    made->rules = mem_alloc(n_managed_rules * sizeof *made->rules);
    for (size_t i = 0; i < n_managed_rules && world->cells[cell].recorder != RECORDER_MISSING; i++)
        if (is_deployed(world, cell, i))
            made->rules[made->n_rules++] = deploy(world, cell, i);
    qsort(made->rules, made->n_rules, sizeof *made->rules, by_name);
    return made;
}

const struct deployed *evaluation_rules(struct world *world, uint32_t cell, size_t *n)
{
    struct cell_evaluations *of = cell_of(world, cell);
    *n = of->n_rules;
    return of->rules;
}

const struct deployed *evaluation_rule(struct world *world, uint32_t cell, const char *name)
{
    size_t n;
    const struct deployed *of = evaluation_rules(world, cell, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(of[i].rule->name, name) == 0)
            return &of[i];
    return NULL;
}

/* --- when a rule looks ---------------------------------------------------------------------- */

static int64_t last_tick(const struct world *world, const struct deployed *deployed, int64_t at_ms)
{
    int64_t since_ms = at_ms - (world->start_ms - deployed->phase_ms);
    int64_t periods = since_ms / deployed->frequency_ms - (since_ms % deployed->frequency_ms < 0);
    return world->start_ms - deployed->phase_ms + periods * deployed->frequency_ms;
}

static struct run *find_run(const struct world *world, const struct deployed *deployed)
{
    for (size_t i = 0; world->evaluations && i < world->evaluations->runs.len; i++) {
        struct run *run = &world->evaluations->runs.ptr[i];
        if (run->cell == deployed->cell && run->rule == deployed->rule)
            return run;
    }
    return NULL;
}

/* When the last run that was asked for and is over had started. */
static int64_t last_asked(const struct world *world, const struct deployed *deployed, int64_t at_ms)
{
    const struct run *run = find_run(world, deployed);
    if (!run)
        return 0;
    return run->started_ms + RUN_MS <= at_ms ? run->started_ms : run->before_ms;
}

int64_t evaluation_last_run(const struct world *world, const struct deployed *deployed,
                            int64_t at_ms)
{
    int64_t asked_ms = last_asked(world, deployed, at_ms);
    int64_t tick_ms = deployed->rule->traits & PERIODIC ? last_tick(world, deployed, at_ms) : 0;
    int64_t last_ms = asked_ms > tick_ms ? asked_ms : tick_ms;
    return last_ms > deployed->created_ms ? last_ms : deployed->created_ms;
}

/* Something small changes all the time; what patches and calls change is known exactly. */
int64_t evaluation_last_look(struct world *world, const struct deployed *deployed, int64_t at_ms)
{
    int64_t last_ms = evaluation_last_run(world, deployed, at_ms);
    if (!(deployed->rule->traits & ON_CHANGE))
        return last_ms;
    int64_t quiet_ms = world->start_ms - deployed->phase_ms / 4;
    if (quiet_ms > last_ms && quiet_ms <= at_ms)
        last_ms = quiet_ms;
    for (size_t i = 0; i < world->changed.len; i++) {
        struct ref ref = world->changed.ptr[i];
        struct outcome outcome;
        if (ref.cell != deployed->cell || !(deployed->rule->types & TYPE_BIT(ref.type)))
            continue;
        evaluation_outcome(world, deployed, ref, at_ms, &outcome);
        if (outcome.invoked_ms > last_ms)
            last_ms = outcome.invoked_ms;
    }
    return last_ms;
}

/* What was recorded until then is what the rule has seen by at_ms. */
static int64_t horizon(const struct world *world, const struct deployed *deployed, int64_t at_ms)
{
    int64_t run_ms = evaluation_last_run(world, deployed, at_ms);
    bool reacts = deployed->rule->traits & ON_CHANGE;
    return reacts && at_ms - REACTION_MS > run_ms ? at_ms - REACTION_MS : run_ms;
}

bool evaluation_is_running(const struct world *world, const struct deployed *deployed)
{
    const struct run *run = find_run(world, deployed);
    return run && world_now_ms(world) < run->started_ms + RUN_MS;
}

bool evaluation_may_start(const struct world *world, const struct deployed *deployed)
{
    const struct run *run = find_run(world, deployed);
    return !run || world_now_ms(world) >= run->started_ms + RUN_INTERVAL_MS;
}

void evaluation_start(struct world *world, const struct deployed *deployed)
{
    struct run *run = find_run(world, deployed);
    if (!run) {
        vec_push(&evaluations_of(world)->runs,
                 ((struct run){deployed->cell, deployed->rule, 0, 0}));
        run = &vec_last(&world->evaluations->runs);
    }
    run->before_ms = run->started_ms;
    run->started_ms = world_now_ms(world);
}

/* --- one verdict ---------------------------------------------------------------------------- */

static const cJSON *parameters_of(struct world *world, const struct rule *rule)
{
    return evaluations_of(world)->parameters[rule - managed_rules];
}

static enum compliance evaluate_doc(struct world *world, const struct rule *rule, struct ref ref,
                                    const cJSON *doc, int64_t at_ms, char *annotation)
{
    struct evidence evidence = {.world = world,
                                .ref = ref,
                                .doc = doc,
                                .parameters = parameters_of(world, rule),
                                .at_ms = at_ms,
                                .annotation = annotation};
    annotation[0] = '\0';
    return rule_evaluate(rule, &evidence);
}

/* The document that AWS Config had recorded by then, ready to evaluate; NULL when there is none. */
static cJSON *recorded_doc(struct world *world, struct ref ref, int64_t by_ms, int64_t *at_ms)
{
    cJSON *doc = NULL;
    int version = doc_recorded_version(world, ref, by_ms);
    if (version < 0 || !doc_version(world, ref, (size_t)version, &doc, at_ms) || !doc)
        return NULL;
    if (ref.type == EC2_SECURITY_GROUP)
        security_group_write_permissions(cJSON_GetObjectItemCaseSensitive(doc, "configuration"),
                                         json_get(doc, "rules"));
    return doc;
}

int64_t evaluation_of_capture_ms(int64_t captured_ms)
{
    return captured_ms + REACTION_MS;
}

void evaluation_outcome(struct world *world, const struct deployed *deployed, struct ref ref,
                        int64_t at_ms, struct outcome *outcome)
{
    int64_t run_ms = evaluation_last_run(world, deployed, at_ms), changed_ms = 0;
    *outcome = (struct outcome){.compliance = INSUFFICIENT_DATA};
    cJSON *doc = recorded_doc(world, ref, horizon(world, deployed, at_ms), &changed_ms);
    if (!doc)
        return;
    outcome->compliance =
        evaluate_doc(world, deployed->rule, ref, doc, run_ms, outcome->annotation);
    int64_t reacted_ms = evaluation_of_capture_ms(doc_captured_ms(world, ref, changed_ms));
    if (reacted_ms < deployed->created_ms)
        reacted_ms = deployed->created_ms;
    bool reacts = deployed->rule->traits & ON_CHANGE;
    outcome->invoked_ms = reacts && reacted_ms > run_ms ? reacted_ms : run_ms;
    outcome->recorded_ms = outcome->invoked_ms + RESULT_MS;
    cJSON_Delete(doc);
}

/* --- all verdicts on the resources of a type ------------------------------------------------ */

/* The deployed rules that look at a type, in order. */
static size_t rules_of_type(const struct cell_evaluations *cell, enum resource_type type,
                            const struct deployed *of[RULES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < cell->n_rules; i++)
        if (cell->rules[i].rule->types & TYPE_BIT(type))
            of[n++] = &cell->rules[i];
    return n;
}

/*
 * Changes when the verdicts on derived resources may: with the runs of rules that look at the
 * time, with any change in the cell for rules that look at other resources, and for what was not
 * yet recorded in the past.
 */
static int64_t stamp_of(const struct world *world, const struct deployed *const *of, size_t n,
                        enum resource_type type, int64_t at_ms)
{
    int64_t stamp = at_ms < world->start_ms && type == EC2_SECURITY_GROUP ? at_ms : 0;
    for (size_t i = 0; i < n; i++) {
        if (of[i]->rule->traits & TIMED)
            stamp += evaluation_last_run(world, of[i], at_ms);
        if (of[i]->rule->traits & LIVE)
            stamp += (int64_t)world->cells[of[i]->cell].generation << 20;
    }
    return stamp;
}

static void evaluate_all(struct world *world, struct ref ref, const struct deployed *const *of,
                         size_t n, int64_t at_ms, uint8_t *verdicts)
{
    char annotation[ANNOTATION_SIZE];
    int64_t changed_ms;
    cJSON *doc = recorded_doc(world, ref, at_ms, &changed_ms);
    for (size_t i = 0; i < n; i++)
        verdicts[i] =
            doc ? (uint8_t)evaluate_doc(world, of[i]->rule, ref, doc,
                                        evaluation_last_run(world, of[i], at_ms), annotation)
                : INSUFFICIENT_DATA;
    cJSON_Delete(doc);
}

static struct type_verdicts *compute(struct world *world, uint32_t cell, enum resource_type type,
                                     const struct deployed *const *of, size_t n_of, int64_t at_ms)
{
    struct type_verdicts *made = mem_new(struct type_verdicts);
    made->stamp = stamp_of(world, of, n_of, type, at_ms);
    made->n = cell_count(world, cell, type);
    made->n_rules = n_of;
    made->verdicts = mem_alloc(made->n * n_of + 1);
    for (uint64_t i = 0; i < made->n; i++) {
        struct ref ref = {.type = type, .cell = cell, .index = i};
        world_breathe(world);
        evaluate_all(world, ref, of, n_of, at_ms, made->verdicts + i * n_of);
    }
    made->counts = mem_alloc((n_of * N_COMPLIANCES + 1) * sizeof *made->counts);
    for (uint64_t i = 0; i < made->n * n_of; i++)
        made->counts[i % n_of * N_COMPLIANCES + made->verdicts[i]]++;
    return made;
}

static const struct type_verdicts *verdicts_of(struct world *world, uint32_t cell,
                                               enum resource_type type, int64_t at_ms)
{
    const struct deployed *of[RULES_MAX];
    struct cell_evaluations *at = cell_of(world, cell);
    size_t n = rules_of_type(at, type, of);
    struct type_verdicts **slot = &at->types[type][at_ms < world->start_ms];
    if (*slot && (*slot)->stamp == stamp_of(world, of, n, type, at_ms))
        return *slot;
    free_verdicts(*slot);
    return *slot = compute(world, cell, type, of, n, at_ms);
}

static size_t column_of(struct world *world, const struct deployed *deployed,
                        enum resource_type type)
{
    const struct deployed *of[RULES_MAX];
    size_t n = rules_of_type(cell_of(world, deployed->cell), type, of), i = 0;
    while (i < n && of[i] != deployed)
        i++;
    return i;
}

enum compliance evaluation_verdict(struct world *world, const struct deployed *deployed,
                                   struct ref ref, int64_t at_ms)
{
    if (doc_is_changed(world, ref)) {
        struct outcome outcome;
        evaluation_outcome(world, deployed, ref, at_ms, &outcome);
        return outcome.compliance;
    }
    const struct type_verdicts *of = verdicts_of(world, ref.cell, ref.type, at_ms);
    return of->verdicts[ref.index * of->n_rules + column_of(world, deployed, ref.type)];
}

void evaluation_of_resource(struct world *world, struct ref ref, int64_t at_ms,
                            uint64_t counts[N_COMPLIANCES])
{
    const struct deployed *of[RULES_MAX];
    memset(counts, 0, N_COMPLIANCES * sizeof counts[0]);
    if (!doc_is_changed(world, ref)) {
        const struct type_verdicts *all = verdicts_of(world, ref.cell, ref.type, at_ms);
        for (size_t i = 0; i < all->n_rules; i++)
            counts[all->verdicts[ref.index * all->n_rules + i]]++;
        return;
    }
    size_t n = rules_of_type(cell_of(world, ref.cell), ref.type, of);
    for (size_t i = 0; i < n; i++)
        counts[evaluation_verdict(world, of[i], ref, at_ms)]++;
}

/* Puts the verdicts on changed resources in the place of those on what they were. */
static void count_changed(struct world *world, const struct deployed *deployed, int64_t at_ms,
                          uint64_t counts[N_COMPLIANCES])
{
    for (size_t i = 0; i < world->changed.len; i++) {
        struct ref ref = world->changed.ptr[i];
        if (ref.cell != deployed->cell || !(deployed->rule->types & TYPE_BIT(ref.type)))
            continue;
        const struct type_verdicts *of = verdicts_of(world, ref.cell, ref.type, at_ms);
        if (ref.index < of->n)
            counts[of->verdicts[ref.index * of->n_rules + column_of(world, deployed, ref.type)]]--;
        counts[evaluation_verdict(world, deployed, ref, at_ms)]++;
    }
}

void evaluation_counts(struct world *world, const struct deployed *deployed, int64_t at_ms,
                       uint64_t counts[N_COMPLIANCES])
{
    memset(counts, 0, N_COMPLIANCES * sizeof counts[0]);
    for (int type = 0; type < N_TYPES; type++) {
        if (!(deployed->rule->types & TYPE_BIT(type)))
            continue;
        const struct type_verdicts *of =
            verdicts_of(world, deployed->cell, (enum resource_type)type, at_ms);
        size_t column = column_of(world, deployed, (enum resource_type)type);
        for (int k = 0; k < N_COMPLIANCES && of->n; k++)
            counts[k] += of->counts[column * N_COMPLIANCES + (size_t)k];
    }
    count_changed(world, deployed, at_ms, counts);
}

enum compliance evaluation_of_rule(const uint64_t counts[N_COMPLIANCES])
{
    return counts[NON_COMPLIANT] ? NON_COMPLIANT
           : counts[COMPLIANT]   ? COMPLIANT
                                 : INSUFFICIENT_DATA;
}
