#include "views/endpoint.h"

#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "views/complain.h"

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

int endpoint_main(const struct options *options)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    struct err err = ERR_NONE;
    enum err_code code = find(options, &url, &err);

    buf_add_char(&url, '\n');
    if (code == OK)
        code = os_write_all(STDOUT_FILENO, buf_sv(&url), "standard output", &err);
    if (code != OK)
        complain(&err);
    return err_exit_status(code);
}
