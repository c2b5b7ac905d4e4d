#include "core/aws/profiles.h"

#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/acquire.h"
#include "core/base/mem.h"

#define AT_A_TIME 8

struct search;

/* One profile that is asked about. */
struct question {
    struct search *search;
    struct aws_profile profile;
    struct credentials *credentials; /* that it is asked with */
    bool was_retried;
};

struct search {
    struct search *next; /* of the client's */
    struct aws_client *client;
    struct scope *scope; /* a reference */
    struct question *questions;
    size_t n, n_asked, n_answered;
    void (*found)(void *arg, const struct aws_profile *profile);
    void (*done)(void *arg);
    void (*drop)(void *arg);
    void *arg;
};

static void ask_more(struct search *search);

static void search_free(struct search *search)
{
    struct search **at = &search->client->searches;
    while (*at != search)
        at = &(*at)->next;
    *at = search->next;
    for (size_t i = 0; i < search->n; i++)
        credentials_unref(search->questions[i].credentials);
    scope_unref(search->scope);
    mem_free(search->questions);
    mem_free(search);
}

/* --- telling: in the asker's scope ----------------------------------------------------------- */

static void tell(void *arg)
{
    struct search *search = arg;
    for (size_t i = 0; i < search->n; i++)
        search->found(search->arg, &search->questions[i].profile);
    search->done(search->arg);
    search_free(search);
}

static void drop(void *arg)
{
    struct search *search = arg;
    if (search->drop != NULL)
        search->drop(search->arg);
    search_free(search);
}

static void answered(struct question *question, const struct err *err)
{
    struct search *search = question->search;
    question->profile.err = *err;
    search->n_answered++;
    ask_more(search);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void on_page(void *arg, struct aws_page *page)
{
    struct question *question = arg;
    sv_copy(json_sv(page->body, "Account"), question->profile.account_id,
            sizeof question->profile.account_id);
    sv_copy(json_sv(page->body, "Arn"), question->profile.arn, sizeof question->profile.arn);
}

static void acquire(struct question *question);

/* What lay in a cache may be good no more: once more, without it. */
static void on_done(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct question *question = arg;
    enum err_code code = outcome->err.code;
    (void)request;
    if ((code == ERR_CREDENTIALS || code == ERR_EXPIRED) && !question->was_retried) {
        question->was_retried = true;
        acquire(question);
    } else {
        answered(question, &outcome->err);
    }
}

static void on_credentials(void *arg, struct credentials *credentials, bool wants_person,
                           const struct err *err)
{
    struct question *question = arg;
    struct aws_client *client = question->search->client;
    const struct call_as as = {.credentials = credentials};
    const struct call_handlers handlers = {.on_page = on_page, .on_done = on_done, .arg = question};
    struct aws_request request = {.op = OP_sts_GetCallerIdentity};
    (void)wants_person;
    if (credentials == NULL) {
        answered(question, err);
        return;
    }
    credentials_ref(credentials);
    credentials_unref(question->credentials);
    question->credentials = credentials;
    call_start_as(client, client->scope, CALL_READ, &request, &as, &handlers);
}

static void acquire(struct question *question)
{
    acquire_start(question->search->client, question->profile.name, question->credentials, false,
                  on_credentials, question);
}

static void ask_more(struct search *search)
{
    while (search->n_asked < search->n && search->n_asked - search->n_answered < AT_A_TIME) {
        acquire(&search->questions[search->n_asked++]);
    }
    if (search->n_answered == search->n)
        run_call(RUN_WORKER, RUN_NORMAL, search->scope, tell, drop, search);
}

/* A profile without credentials of its own is none for us: it has a region, or an output format. */
static bool has_credentials(struct aws_client *client, const char *name)
{
    const struct credential_source source = {.config = &client->config,
                                             .profile = name,
                                             .profile_is_explicit = true,
                                             .is_profile_alone = true};
    struct chain chain;
    if (chain_resolve(&source, &chain, NULL) != OK)
        return false;
    chain_done(&chain);
    return true;
}

static bool is_candidate(struct aws_client *client, const struct config_section *section)
{
    const char *own = client_profile(client);
    return section->kind == CONFIG_PROFILE && strlen(section->name) < AWS_PROFILE_SIZE &&
           strcmp(section->name, own) != 0 && has_credentials(client, section->name);
}

void client_find_profiles(struct aws_client *client, struct scope *scope,
                          void (*found)(void *arg, const struct aws_profile *profile),
                          void (*done)(void *arg), void (*drop_fn)(void *arg), void *arg)
{
    struct search *search = mem_new(struct search);
    *search = (struct search){.client = client, .scope = scope_ref(scope), .found = found};
    search->done = done;
    search->drop = drop_fn;
    search->next = client->searches;
    client->searches = search;
    search->arg = arg;
    search->questions = mem_alloc((client->config.sections.len + 1) * sizeof search->questions[0]);
    for (size_t i = 0; i < client->config.sections.len; i++) {
        const struct config_section *section = client->config.sections.ptr[i];
        if (!is_candidate(client, section))
            continue;
        struct question *question = &search->questions[search->n++];
        *question = (struct question){.search = search};
        str_copy(question->profile.name, section->name);
    }
    ask_more(search);
}

void profiles_done(struct aws_client *client)
{
    while (client->searches != NULL)
        drop(client->searches);
}

/* --- using one ------------------------------------------------------------------------------- */

struct use {
    struct aws_client *client;
    char account_id[AWS_ACCOUNT_SIZE], profile[AWS_PROFILE_SIZE];
};

static void use_now(void *arg)
{
    struct use *use = arg;
    identity_use_profile(use->client, use->account_id, use->profile);
    mem_free(use);
}

void client_use_profile(struct aws_client *client, const char *account_id, const char *profile)
{
    struct use *use = mem_new(struct use);
    use->client = client;
    str_copy(use->account_id, account_id);
    str_copy(use->profile, profile);
    run_call(RUN_NET, RUN_NORMAL, client->scope, use_now, mem_free, use);
}
