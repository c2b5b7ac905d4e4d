#include "core/aws/identity.h"

#include <ctype.h>
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/acquire.h"
#include "core/aws/cred/assume_role.h"
#include "core/aws/cred/refresh.h"
#include "core/aws/endpoint/partition.h"
#include "core/base/clock.h"
#include "core/base/mem.h"

#define RENEW_EVERY_MS     (60 * 1000) /* not more often, should nothing new come of it */
#define REMEMBER_FAILED_MS (15 * 1000)

/* The credentials of one account. */
struct identity {
    struct aws_client *client;
    char account_id[AWS_ACCOUNT_SIZE]; /* "" for the base */
    char *profile;                     /* whose chain leads there; NULL: the role in it does */
    struct credentials *credentials;   /* NULL: none that are any good */
    struct credentials *rejected;      /* that AWS did not take, and what it said */
    struct err rejection;
    int64_t got_at_ms, lapse_at_ms; /* by this machine's clock; 0: never */
    bool is_acquiring, awaits_home;
    int64_t asked_at_ms; /* monotonic */
    struct err err;      /* of the last attempt, when it failed */
    struct call_queue waiting;
};

static void acquire(struct identity *identity, bool may_ask);

static struct identity *find_identity(struct aws_client *client, const char *account_id)
{
    if (strcmp(account_id, client->identities.home_account) == 0)
        account_id = "";
    bool fresh = false;
    union map_value *slot = map_put(&client->identities.by_account, sv_of(account_id), &fresh);
    if (fresh) {
        struct identity *identity = mem_new(struct identity);
        identity->client = client;
        str_copy(identity->account_id, account_id);
        slot->ptr = identity;
    }
    return slot->ptr;
}

/* --- what came of asking --------------------------------------------------------------------- */

/* What a runner hands to RUN_NET. */
struct answer {
    struct identity *identity;
    struct credentials *credentials; /* NULL: err says why */
    bool wants_person;               /* nobody was asked, for nobody waited */
    struct err err;
};

static void answer_free(void *arg)
{
    struct answer *answer = arg;
    credentials_unref(answer->credentials);
    mem_free(answer);
}

static void keep_credentials(struct identity *identity, struct credentials *take_credentials)
{
    int64_t expire_at_ms = credentials_expire_at_ms(take_credentials);
    struct endpoint sts;
    struct aws_client *client = identity->client;
    credentials_unref(identity->credentials);
    identity->credentials = take_credentials;
    identity->got_at_ms = clock_wall_ms();
    identity->lapse_at_ms = expire_at_ms;
    identity->err = ERR_NONE;
    /* The expiry is by the service's clock. */
    if (expire_at_ms != 0 &&
        endpoint_resolve(&client->endpoints, aws_op(OP_sts_AssumeRole)->service, client->region,
                         &sts, NULL) == OK)
        identity->lapse_at_ms -= signer_skew_ms(&client->signer, sts.host);
    if (identity->account_id[0] == '\0')
        atomic_store(&client->base_lapse_at_ms, identity->lapse_at_ms);
}

static void resume_authorised(struct call *call)
{
    call_authorised(call,
                    find_identity(call->client, call->request.target.account_id)->credentials);
}

static void resume_failed(struct call *call)
{
    call_fail(call, &find_identity(call->client, call->request.target.account_id)->err);
}

static void resume_all(struct identity *identity, void (*next)(struct call *call))
{
    struct call *call;
    while ((call = call_queue_take(&identity->waiting)) != NULL)
        call_resume(call, next);
}

/* The same credentials again are none: AWS has not taken them just now. */
static void refuse_rejected(struct identity *identity, struct answer *answer)
{
    if (identity->rejected != NULL && answer->credentials != NULL &&
        credentials_equal(identity->rejected, answer->credentials)) {
        credentials_unref(answer->credentials);
        answer->credentials = NULL;
        answer->err = identity->rejection;
    }
    credentials_unref(identity->rejected);
    identity->rejected = NULL;
}

static enum refresh due(const struct identity *identity)
{
    return refresh_due(identity->got_at_ms, identity->lapse_at_ms, clock_wall_ms());
}

static bool was_asked_within(const struct identity *identity, int64_t time_ms)
{
    return identity->asked_at_ms != 0 && clock_mono_ms() - identity->asked_at_ms < time_ms;
}

/* Once lapsed they are of no use. A person is asked then, not before. */
static enum refresh settle_due(struct identity *identity)
{
    enum refresh now = identity->credentials != NULL ? due(identity) : REFRESH_GONE;
    if (now == REFRESH_GONE) {
        credentials_unref(identity->credentials);
        identity->credentials = NULL;
    } else if (now != REFRESH_NONE && identity->err.code == OK &&
               was_asked_within(identity, RENEW_EVERY_MS) && !identity->is_acquiring) {
        now = REFRESH_NONE; /* nothing new has come just now */
    }
    return now;
}

/* On RUN_NET: credentials came, or did not. Old ones go on serving as long as they may; a failure
 * in their last minutes is told, but not that there was nobody to ask. */
static void settle(void *arg)
{
    struct answer *answer = arg;
    struct identity *identity = answer->identity;
    identity->is_acquiring = false;
    refuse_rejected(identity, answer);
    bool is_waited_for = identity->waiting.first != NULL;
    if (answer->wants_person && is_waited_for && settle_due(identity) == REFRESH_GONE) {
        acquire(identity, true); /* the old ones have lapsed by now */
        answer_free(answer);
        return;
    }
    if (answer->credentials != NULL) {
        keep_credentials(identity, answer->credentials);
        answer->credentials = NULL;
    } else if (identity->credentials == NULL ||
               (due(identity) >= REFRESH_MUST && !answer->wants_person)) {
        identity->err = answer->err;
    }
    resume_all(identity, identity->err.code == OK ? resume_authorised : resume_failed);
    answer_free(answer);
}

static void settle_with(struct identity *identity, struct credentials *take_credentials,
                        bool wants_person, const struct err *err)
{
    struct answer *answer = mem_new(struct answer);
    *answer = (struct answer){identity, take_credentials, wants_person, *err};
    run_call(RUN_NET, RUN_NORMAL, identity->client->scope, settle, answer_free, answer);
}

/* --- the base: the chain once more ----------------------------------------------------------- */

/* On RUN_WORKER. */
static void take_base(void *arg, struct credentials *credentials, bool wants_person,
                      const struct err *err)
{
    settle_with(arg, credentials_ref(credentials), wants_person, err);
}

/* --- home: whose the base credentials are ---------------------------------------------------- */

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_+=,.@-", c) != NULL);
}

void identity_session_name(struct sv arn, char name[SESSION_NAME_SIZE])
{
    struct sv last = arn;
    size_t len = 0;
    /* arn:aws:iam::1:user/path/name, arn:aws:sts::1:assumed-role/role/name, arn:aws:iam::1:root */
    for (const char *c = arn.ptr; arn.len > 0 && c < arn.ptr + arn.len; c++) {
        if (*c == '/' || *c == ':')
            last = (struct sv){c + 1, (size_t)(arn.ptr + arn.len - c) - 1};
    }
    for (size_t i = 0; i < last.len && len + 1 < SESSION_NAME_SIZE; i++)
        name[len++] = is_name_char(last.ptr[i]) ? last.ptr[i] : '-';
    name[len] = '\0';
    if (len < 2)
        sv_copy(SV("watchdeck"), name, SESSION_NAME_SIZE);
}

/* GetCallerIdentity's reply, on its way from RUN_WORKER to RUN_NET. */
struct home_answer {
    struct aws_client *client;
    char account_id[AWS_ACCOUNT_SIZE];
    char arn[512];
    struct err err;
};

static void take_home_page(void *arg, struct aws_page *page)
{
    struct home_answer *answer = arg;
    sv_copy(json_sv(page->body, "Account"), answer->account_id, sizeof answer->account_id);
    sv_copy(json_sv(page->body, "Arn"), answer->arn, sizeof answer->arn);
}

static void go_on_from_home(struct identity *identity, const struct err *err)
{
    struct identities *all = &identity->client->identities;
    identity->awaits_home = false;
    identity->is_acquiring = false;
    if (err->code != OK) {
        identity->err = *err;
        resume_all(identity, resume_failed);
    } else if (strcmp(identity->account_id, all->home_account) == 0) {
        resume_all(identity, call_begin); /* with the base credentials */
    } else {
        acquire(identity, true);
    }
}

/* On RUN_NET. */
static void settle_home(void *arg)
{
    struct home_answer *answer = arg;
    struct identities *all = &answer->client->identities;
    struct sv arn = sv_of(answer->arn);
    size_t at = 0;
    struct sv key;
    union map_value value;
    all->is_asking_home = false;
    if (answer->err.code == OK) {
        str_copy(all->home_account, answer->account_id);
        identity_session_name(arn, all->session_name);
        sv_split(&arn, ':');
        sv_copy(sv_split(&arn, ':'), all->partition, sizeof all->partition);
    }
    while (map_next(&all->by_account, &at, &key, &value)) {
        struct identity *identity = value.ptr;
        if (identity->awaits_home)
            go_on_from_home(identity, &answer->err);
    }
    mem_free(answer);
}

static void finish_home(void *arg, const struct aws_request *request,
                        const struct aws_outcome *outcome)
{
    struct home_answer *answer = arg;
    (void)request;
    answer->err = outcome->err;
    if (answer->err.code == OK && (strlen(answer->account_id) != 12 || answer->arn[0] == '\0'))
        err_set(&answer->err, ERR_PARSE, "sts:GetCallerIdentity", "the reply names no account");
    run_call(RUN_NET, RUN_NORMAL, answer->client->scope, settle_home, mem_free, answer);
}

static void ask_home(struct aws_client *client)
{
    struct aws_request request = {.op = OP_sts_GetCallerIdentity};
    struct home_answer *answer = mem_new(struct home_answer);
    if (client->identities.is_asking_home) {
        mem_free(answer);
        return;
    }
    client->identities.is_asking_home = true;
    answer->client = client;
    const struct call_handlers handlers = {
        .on_page = take_home_page, .on_done = finish_home, .drop = mem_free, .arg = answer};
    call_start(client, client->scope, CALL_READ, &request, &handlers);
}

/* --- members: AssumeRole --------------------------------------------------------------------- */

/* On RUN_WORKER. */
static void take_role(void *arg, struct sv body, const struct err *err)
{
    struct identity *identity = arg;
    struct credentials *credentials = NULL;
    struct err result = *err;
    if (result.code == OK)
        assume_role_read(body, &credentials, &result);
    settle_with(identity, credentials, false, &result);
}

static void assume_role(struct identity *identity)
{
    struct aws_client *client = identity->client;
    struct identities *all = &client->identities;
    struct aws_request request = {.op = OP_sts_AssumeRole, .params = cJSON_CreateObject()};
    AUTO(buf_done) struct buf arn = BUF_NONE;
    buf_addf(&arn, "arn:%s:iam::%s:role/%s", all->partition, identity->account_id,
             client->member_role);
    cJSON_AddStringToObject(request.params, "RoleArn", buf_cstr(&arn));
    cJSON_AddStringToObject(request.params, "RoleSessionName", all->session_name);
    const struct call_handlers handlers = {.on_secret = take_role, .arg = identity};
    call_start(client, client->scope, CALL_SECRET, &request, &handlers);
}

/* --- asking ---------------------------------------------------------------------------------- */

static void acquire(struct identity *identity, bool may_ask)
{
    if (identity->is_acquiring)
        return;
    identity->is_acquiring = true;
    identity->asked_at_ms = clock_mono_ms();
    identity->err = ERR_NONE;
    if (identity->account_id[0] == '\0') {
        acquire_start(identity->client, NULL, identity->rejected, may_ask, take_base, identity);
    } else if (identity->profile != NULL) {
        acquire_start(identity->client, identity->profile, identity->rejected, may_ask, take_base,
                      identity);
    } else if (identity->client->identities.session_name[0] == '\0') {
        identity->awaits_home = true;
        ask_home(identity->client);
    } else {
        assume_role(identity);
    }
}

static bool has_just_failed(const struct identity *identity)
{
    return identity->err.code != OK && !identity->is_acquiring &&
           was_asked_within(identity, REMEMBER_FAILED_MS);
}

void identity_provide(struct call *call)
{
    struct identity *identity = find_identity(call->client, call->request.target.account_id);
    enum refresh now = settle_due(identity);
    if (now < REFRESH_MUST) {
        if (now == REFRESH_MAY)
            acquire(identity, false);
        call_authorised(call, identity->credentials);
    } else if (has_just_failed(identity)) {
        call_fail(call, &identity->err);
    } else {
        call_wait(call, &identity->waiting);
        acquire(identity, now == REFRESH_GONE);
    }
}

void identity_use_profile(struct aws_client *client, const char *account_id, const char *profile)
{
    struct identity *identity = find_identity(client, account_id);
    if (identity->account_id[0] == '\0' ||
        (identity->profile != NULL && strcmp(identity->profile, profile) == 0))
        return; /* the base's own account */
    mem_free(identity->profile);
    identity->profile = mem_strdup(profile);
    identity->err = ERR_NONE;
    credentials_unref(identity->credentials);
    identity->credentials = NULL;
}

void identity_reject(struct call *call, const struct err *err)
{
    struct identity *identity = find_identity(call->client, call->request.target.account_id);
    if (identity->credentials == NULL || identity->credentials != call->credentials)
        return; /* others have been faster */
    credentials_unref(identity->rejected);
    identity->rejected = identity->credentials;
    identity->rejection = *err;
    identity->credentials = NULL;
}

void identities_forget_failures(struct aws_client *client)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&client->identities.by_account, &at, &key, &value)) {
        struct identity *identity = value.ptr;
        identity->err = ERR_NONE;
    }
}

void identities_init(struct aws_client *client)
{
    str_copy(client->identities.partition, partition_of(sv_of(client->region))->id);
}

void identities_done(struct aws_client *client)
{
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&client->identities.by_account, &at, &key, &value)) {
        struct identity *identity = value.ptr;
        credentials_unref(identity->credentials);
        credentials_unref(identity->rejected);
        mem_free(identity->profile);
        mem_free(identity);
    }
    map_done(&client->identities.by_account);
}
