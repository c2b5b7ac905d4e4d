/* endpoint: where requests to a service go. */
#include "core/aws/client.h"
#include "core/base/mem.h"
#include "views/program/subcommand.h"

static enum err_code find(const struct options *options, struct buf *url, struct err *err)
{
    const struct aws_options aws = {.endpoint_url = options->endpoint_url,
                                    .profile = options->profile,
                                    .use_fips = options->fips,
                                    .use_dual_stack = options->dual_stack};

    if (options->n_args != 2)
        return err_set(err, ERR_USAGE, "endpoint", "takes a SERVICE and a REGION");
    return client_find_endpoint(&aws, sv_of(options->args[0]), options->args[1], url, err);
}

static int run(const struct options *options)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    struct err err = ERR_NONE;
    enum err_code code = find(options, &url, &err);

    buf_add_char(&url, '\n');
    return subcommand_end(code, &url, &err);
}

const struct subcommand subcommand_endpoint = {
    .name = "endpoint",
    .usage = "SERVICE REGION [--fips] [--dual-stack]",
    .help = "print the URL where requests to a service go, as options, environment and profile say",
    .run = run,
};
