#include "tests/sandbox/sandbox.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/os.h"
#include "tests/sandbox/identity/sso_page.h"
#include "tests/sandbox/session/broker.h"
#include "tests/sandbox/session/line.h"

static void let_sessions_go_on(void *broker)
{
    broker_go_on(broker);
}

enum err_code sandbox_init(struct sandbox *sandbox, const struct options *options, struct err *err)
{
    uint8_t token[(CONTROL_TOKEN_SIZE - 1) / 2];
    enum err_code code =
        faults_new(sv_of(options->faults), options->world.seed, &sandbox->faults, err);
    if (code == OK && options->requests_path)
        code = request_log_open(options->requests_path, &sandbox->log, err);
    if (code == OK && options->secrets_path)
        code = secret_log_open(options->secrets_path, &sandbox->secrets, err);
    if (code != OK)
        return code;
    os_random(token, sizeof token);
    hex_encode(token, sizeof token, sandbox->control_token);
    sandbox->world = world_new(&options->world);
    sandbox->iam = iam_new(world_management_account(sandbox->world), options->world.seed);
    sandbox->sso = sso_new(options->world.seed, world_region(sandbox->world, 0));
    sandbox->auth = auth_new(sandbox->iam);
    sandbox->broker = broker_new(&options->session, sandbox);
    world_breathe_by(sandbox->world, let_sessions_go_on, sandbox->broker);
    if (options->imds.is_on)
        sandbox->imds = imds_new(&options->imds);
    if (options->container.is_on)
        sandbox->container = container_new(&options->container);
    return OK;
}

void sandbox_done(struct sandbox *sandbox)
{
    broker_free(sandbox->broker);
    auth_free(sandbox->auth);
    sso_free(sandbox->sso);
    imds_free(sandbox->imds);
    container_free(sandbox->container);
    iam_free(sandbox->iam);
    world_free(sandbox->world);
    request_log_close(sandbox->log);
    secret_log_close(sandbox->secrets);
    faults_free(sandbox->faults);
}

int64_t sandbox_wall_ms(const struct sandbox *sandbox)
{
    return clock_wall_ms() + faults_skew_ms(sandbox->faults);
}

int64_t sandbox_clock_ms(const struct sandbox *sandbox)
{
    return sandbox_wall_ms(sandbox) + sandbox->advanced_ms;
}

void sandbox_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response)
{
    broker_go_on(sandbox->broker);
    if (sv_starts(request->target, SV(CONTROL_PREFIX)))
        control_answer(sandbox, request, response);
    else if (sv_starts(request->target, SV(CHANNEL_PATH)))
        line_answer(sandbox, request, response);
    else if (sv_eq_cstr(http_path(request), SSO_PAGE_PATH))
        sso_page_answer(sandbox, request, response);
    else
        gateway_answer(sandbox, request, response);
}
