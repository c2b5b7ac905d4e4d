#include "core/gov/proposal/replan.h"

#include "core/base/mem.h"

static void free_it(void *arg)
{
    struct replan *replan = arg;
    replan->done_with(replan);
    for (size_t i = 0; i < ARRAY_LEN(replan->args); i++)
        mem_free(replan->args[i]);
    change_plan_free(replan->inner);
    scope_unref(replan->scope);
    scope_unref(replan->outer);
    mem_free(replan);
}

void replan_begin(struct replan *replan, struct gov *gov, struct scope *scope,
                  const struct aws_target *target, planned_fn *done, void *arg,
                  void (*done_with)(struct replan *replan))
{
    replan->gov = gov;
    replan->outer = scope_ref(scope);
    replan->scope = scope_new(scope, "replan");
    replan->target = *target;
    replan->done = done;
    replan->arg = arg;
    replan->done_with = done_with;
    scope_at_end(replan->scope, RUN_UI, free_it, replan);
}

void replan_set(struct replan *replan, const struct planner *planner, const char *const *args)
{
    replan->planner = planner;
    for (size_t i = 0; planner && i < planner->n_args; i++)
        replan->args[i] = mem_strdup(args[i]);
}

static void on_inner(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct replan *replan = arg;
    replan->inner = take_plan;
    replan->inner_err = *err;
    replan->then(replan);
}

static void ask(void *arg)
{
    struct replan *replan = arg;
    if (replan->planner)
        replan->planner->plan(replan->gov, replan->scope, &replan->target,
                              (const char *const *)replan->args, on_inner, replan);
    else
        replan->then(replan);
}

void replan_ask(struct replan *replan, void (*then)(struct replan *replan))
{
    replan->then = then;
    run_call(RUN_UI, RUN_URGENT, replan->scope, ask, NULL, replan);
}

static void say_calls(struct change_plan *plan, const char *words, const struct aws_target *target,
                      const struct change_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        aws_cli_line(&line, calls[i].op, target, calls[i].params);
        change_plan_evidence(plan, "%s: %s", words, buf_cstr(&line));
    }
}

void replan_say_inner(const struct replan *replan, struct change_plan *plan)
{
    const struct change_plan *inner = replan->inner;
    if (!inner)
        return;
    for (size_t i = 0; i < inner->diff.len; i++)
        change_plan_diff(plan, inner->diff.ptr[i].kind, "%s", inner->diff.ptr[i].text);
    for (size_t i = 0; i < inner->evidence.len; i++)
        change_plan_evidence(plan, "%s", inner->evidence.ptr[i].text);
    say_calls(plan, "then the automation sends", &inner->target, inner->calls.ptr,
              inner->calls.len);
}

void replan_say_way_back(const struct replan *replan, struct change_plan *plan)
{
    const struct change_plan *inner = replan->inner;
    if (inner)
        say_calls(plan, "undone, that is taken back by", &inner->target, inner->inverse.ptr,
                  inner->inverse.len);
}

void replan_tell(struct replan *replan, struct change_plan *take_plan, const struct err *err)
{
    planned_tell(replan->outer, replan->done, replan->arg, take_plan, err);
    scope_close(replan->scope);
}
