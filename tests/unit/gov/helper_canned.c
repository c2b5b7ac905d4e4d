#include "tests/unit/gov/helper_canned.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/aws/wire/page_texts.h"
#include "core/base/clock.h"

size_t canned_in_flight_max, canned_account_max, canned_calls, canned_dropped, canned_updates;

static canned_fn *answer_fn;
static size_t in_flight;
static struct map by_account;
static char gate_dir[64];

struct call {
    struct aws_request request;
    aws_page_fn *on_page;
    aws_done_fn *on_done;
    void (*drop)(void *arg);
    void *arg;
    struct canned_answer answer;
};

static size_t *account_count(const struct call *call)
{
    return (size_t *)&map_put(&by_account, sv_of(call->request.target.account_id), NULL)->u64;
}

static void call_leave(struct call *call)
{
    in_flight--;
    (*account_count(call))--;
}

static void call_free(struct call *call)
{
    json_free(call->request.params);
    mem_free(call);
}

static void call_drop(void *arg)
{
    struct call *call = arg;
    canned_dropped++;
    call_leave(call);
    call->drop(call->arg);
    call_free(call);
}

/* As the client reads it. */
static void canned_page(const char *text, struct aws_page *page, struct page_texts *texts)
{
    const struct aws_op *op = aws_op(page->request->op);
    struct err err;
    page->texts = op->has_texts ? texts : NULL;
    page->wire = sv_of(text);
    if (op->has_texts)
        assert_int_equal(page_texts_read(texts, sv_of(text), op, &err), OK);
    else
        assert_int_equal(json_parse(sv_of(text), "canned", &page->body, &err), OK);
}

static void call_answer(void *arg)
{
    struct call *call = arg;
    AUTO(page_texts_done) struct page_texts texts = {0};
    struct aws_outcome outcome = {.err = call->answer.err, .attempts = 1};
    size_t n = call->request.pages_max > 0 ? call->request.pages_max : CANNED_PAGES_MAX;
    for (size_t i = 0; i < n && i < CANNED_PAGES_MAX && call->answer.pages[i]; i++) {
        struct aws_page page = {.request = &call->request, .index = i};
        page.last = i + 1 == CANNED_PAGES_MAX || !call->answer.pages[i + 1];
        page.received_at_ms = clock_wall_ms();
        page.restarted = call->answer.restarts && i == 1;
        canned_page(call->answer.pages[i], &page, &texts);
        call->on_page(call->arg, &page);
        json_free(page.body);
    }
    call_leave(call);
    call->on_done(call->arg, &call->request, &outcome);
    call_free(call);
}

static void canned_read(struct aws_client *client, struct scope *scope,
                        const struct aws_request *take_request, aws_page_fn *on_page,
                        aws_done_fn *on_done, void (*drop)(void *arg), void *arg)
{
    (void)client;
    struct call *call = mem_new(struct call);
    *call = (struct call){.request = *take_request, .on_page = on_page, .on_done = on_done};
    call->drop = drop;
    call->arg = arg;
    canned_calls++;
    if (++in_flight > canned_in_flight_max)
        canned_in_flight_max = in_flight;
    if (++*account_count(call) > canned_account_max)
        canned_account_max = *account_count(call);
    answer_fn(take_request, &call->answer);
    int delay_ms = call->answer.never ? 3600000 : call->answer.delay_ms;
    if (delay_ms > 0)
        run_after(RUN_WORKER, delay_ms, scope, call_answer, call_drop, call);
    else
        run_call(RUN_WORKER, RUN_NORMAL, scope, call_answer, call_drop, call);
}

struct gov *canned_gov(canned_fn *answer)
{
    return canned_gov_as(answer, "AKIDEXAMPLE");
}

struct gov *canned_gov_as(canned_fn *answer, const char *key_id)
{
    struct err err;
    struct gov *gov = mem_new(struct gov);
    setenv("AWS_ACCESS_KEY_ID", key_id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", "example-of-a-secret", 1);
    answer_fn = answer;
    canned_in_flight_max = canned_account_max = canned_calls = canned_dropped = 0;
    run_start(NULL);
    settings_init(&gov->settings);
    assert_int_equal(client_new(&(struct aws_options){.region = "us-east-1"}, &gov->client, &err),
                     OK);
    str_copy(gate_dir, "/tmp/watchdeck-canned-XXXXXX");
    assert_non_null(mkdtemp(gate_dir));
    gov->gate = gate_new(gov->client, &(struct gate_options){.dir = gate_dir});
    gov->read = canned_read;
    gov->settings.profiles = false; /* there is no client to ask as them */
    gov->scope = scope_new(NULL, "gov");
    pthread_mutex_init(&gov->estate_lock, NULL);
    return gov;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

void canned_gov_free(struct gov *gov)
{
    run_stop();
    gov_free(gov);
    map_done(&by_account);
    nftw(gate_dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(in_flight, 0);
}

/* --- an organization -------------------------------------------------------------------------- */

static const struct {
    enum aws_op_id op;
    const char *parent; /* NULL: any */
    const char *reply;
} organization[] = {
    {OP_sts_GetCallerIdentity, NULL,
     "{\"Account\":\"111111111111\",\"Arn\":\"arn:aws:iam::111111111111:user/oncall\"}"},
    {OP_ec2_DescribeRegions, NULL,
     "{\"regionInfo\":[{\"regionName\":\"us-east-1\"},{\"regionName\":\"eu-west-1\"}]}"},
    {OP_organizations_DescribeOrganization, NULL,
     "{\"Organization\":{\"Id\":\"o-1\",\"MasterAccountId\":\"111111111111\"}}"},
    {OP_organizations_ListRoots, NULL, "{\"Roots\":[{\"Id\":\"r-1\",\"Name\":\"Root\"}]}"},
    {OP_organizations_ListOrganizationalUnitsForParent, "r-1",
     "{\"OrganizationalUnits\":[{\"Id\":\"ou-2\",\"Name\":\"Workloads\"},"
     "{\"Id\":\"ou-1\",\"Name\":\"Security\"}]}"},
    {OP_organizations_ListAccountsForParent, "r-1",
     "{\"Accounts\":[{\"Id\":\"111111111111\",\"Name\":\"management\",\"State\":\"ACTIVE\"}]}"},
    {OP_organizations_ListAccountsForParent, "ou-1",
     "{\"Accounts\":[{\"Id\":\"444444444444\",\"Name\":\"vault\",\"State\":\"ACTIVE\"},"
     "{\"Id\":\"555555555555\",\"Name\":\"old\",\"State\":\"SUSPENDED\",\"Status\":\"ACTIVE\"}]}"},
    {OP_organizations_ListAccountsForParent, "ou-2",
     "{\"Accounts\":[{\"Id\":\"333333333333\",\"Name\":\"shop\",\"State\":\"ACTIVE\"},"
     "{\"Id\":\"222222222222\",\"Name\":\"dev\",\"Email\":\"dev@acme\",\"Status\":\"ACTIVE\"}]}"},
};

bool canned_organization(const struct aws_request *request, struct canned_answer *answer)
{
    struct sv parent = json_sv(request->params, "ParentId");
    const char *service = aws_op(request->op)->service->id;
    for (size_t i = 0; i < ARRAY_LEN(organization); i++)
        if (organization[i].op == request->op &&
            (!organization[i].parent || sv_eq_cstr(parent, organization[i].parent)))
            answer->pages[0] = organization[i].reply;
    return answer->pages[0] || strcmp(service, "organizations") == 0;
}

/* --- loading ---------------------------------------------------------------------------------- */

static void on_change(void *arg)
{
    (void)arg;
    canned_updates++;
}

struct load *canned_open(struct gov *gov, const struct screen *screen,
                         const struct selection *selection, const char *const *args, size_t n_args)
{
    static const struct selection everything;
    canned_updates = 0;
    return load_open(gov, screen, selection ? selection : &everything, args, n_args, LOAD_CACHED,
                     on_change, NULL);
}

bool canned_has_ended(const struct load_view *view)
{
    return view->phase != LOAD_RUNNING;
}

void canned_wait(struct load *load, bool (*is_so)(const struct load_view *view),
                 struct load_view *view)
{
    static const bool never = false;
    int64_t until_ms = clock_mono_ms() + 60000;
    load_read_view(load, view);
    while (!is_so(view)) {
        assert_true(clock_mono_ms() < until_ms);
        load_view_done(view);
        run_ui_until(&never, 5);
        load_read_view(load, view);
    }
}

cJSON *canned_rows(const struct screen *screen, const struct load_view *view)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct projection *projection = projection_make(view->table, NULL, screen->order, NULL, NULL);
    struct rows rows = projection_rows(projection);
    cJSON *json = NULL;
    struct err err;
    export_rows(&text, &rows, EXPORT_JSON);
    projection_unref(projection);
    assert_int_equal(json_parse(buf_sv(&text), "rows", &json, &err), OK);
    return json;
}

cJSON *canned_list(struct gov *gov, const struct screen *screen, const struct aws_target *at)
{
    struct selection selection = {0};
    struct load_view view;
    if (at) {
        str_copy(selection.accounts, at->account_id);
        str_copy(selection.regions, at->region);
    }
    struct load *load = canned_open(gov, screen, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    cJSON *rows = canned_rows(screen, &view);
    load_view_done(&view);
    load_close(load);
    return rows;
}
