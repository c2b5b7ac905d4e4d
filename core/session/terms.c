#include "core/session/terms.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

#define SILENCES_MAX 5 /* so often a node is silent that could not be read about */

/* --- what they say --------------------------------------------------------------------------- */

bool terms_want_handshake(const char *document)
{
    return sv_has_word(
        SV("AWS-StartNonInteractiveCommand AWS-StartPortForwardingSession "
           "AWS-StartPortForwardingSessionToRemoteHost AWS-StartPortForwardingSessionToSocket "
           "AWS-StartSSHSession"),
        sv_of(document));
}

enum err_code terms_add(struct terms *terms, struct sv content, struct err *err)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    enum err_code code = json_parse(content, "ssm:GetDocument", &tree, err);

    if (code != OK)
        return code;
    terms->is_shell &=
        sv_has_word(SV("Standard_Stream InteractiveCommands"), json_sv(tree, "sessionType"));
    terms->is_encrypted |= json_sv(json_get(tree, "inputs"), "kmsKeyId").len > 0;
    return OK;
}

bool terms_have_no_handshake(const struct terms *terms, unsigned n_silences)
{
    if (terms->err.code != OK)
        return n_silences >= SILENCES_MAX;
    return terms->is_shell && !terms->is_encrypted;
}

/* --- reading them ---------------------------------------------------------------------------- */

/* The document first, then the preferences: read on RUN_WORKER, handed over on RUN_NET. */
struct errand {
    struct aws_client *client;
    struct scope *scope;
    struct aws_target target;
    char *document; /* to be read; NULL: only the preferences are left */
    struct terms terms;
    terms_fn *done;
    void *arg;
};

static void errand_free(void *arg)
{
    struct errand *errand = arg;

    mem_free(errand->document);
    scope_unref(errand->scope);
    mem_free(errand);
}

static void hand_over(void *arg)
{
    struct errand *errand = arg;

    errand->done(errand->arg, &errand->terms);
    errand_free(errand);
}

static void on_page(void *arg, struct aws_page *page)
{
    struct errand *errand = arg;

    terms_add(&errand->terms, json_sv(page->body, "Content"), &errand->terms.err);
}

static void read_next(struct errand *errand);

static void on_read(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct errand *errand = arg;
    bool was_last = errand->document == NULL;

    (void)request;
    if (outcome->err.code != OK)
        errand->terms.err = outcome->err;
    if (was_last && strcmp(errand->terms.err.aws_code, "InvalidDocument") == 0)
        errand->terms.err = ERR_NONE; /* there are no preferences */
    mem_free(errand->document);
    errand->document = NULL;
    if (was_last || errand->terms.err.code != OK)
        run_call(RUN_NET, RUN_URGENT, errand->scope, hand_over, errand_free, errand);
    else
        read_next(errand);
}

static void read_next(struct errand *errand)
{
    const char *name = errand->document != NULL ? errand->document : PREFERENCES_DOCUMENT;
    const struct aws_request request = {
        .op = OP_ssm_GetDocument, .target = errand->target, .params = cJSON_CreateObject()};

    cJSON_AddStringToObject(request.params, "Name", name);
    cJSON_AddStringToObject(request.params, "DocumentFormat", "JSON");
    client_read(errand->client, errand->scope, &request, on_page, on_read, errand_free, errand);
}

void call_for_terms(struct aws_client *client, struct scope *scope, const struct aws_target *target,
                    const char *document, terms_fn *done, void *arg)
{
    struct errand *errand = mem_new(struct errand);
    bool is_named = document != NULL && strcmp(document, PREFERENCES_DOCUMENT) != 0;

    *errand = (struct errand){.client = client,
                              .scope = scope_ref(scope),
                              .target = *target,
                              .document = is_named ? mem_strdup(document) : NULL,
                              .terms = {.is_shell = true},
                              .done = done,
                              .arg = arg};
    read_next(errand);
}
