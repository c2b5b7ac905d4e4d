#include "views/shell/shell_line.h"

#include "views/frame/app.h"

static void *open_channel(struct app *app, struct scope *scope,
                          const struct channel_request *request,
                          const struct channel_handlers *handlers)
{
    return channel_open(gov_client(app_gov(app)), scope, request, handlers);
}

static size_t write_channel(void *line, struct sv bytes)
{
    return channel_write(line, bytes);
}

static void resize_channel(void *line, unsigned columns, unsigned rows)
{
    channel_resize(line, columns, rows);
}

static void close_channel(void *line)
{
    channel_close(line);
}

const struct shell_line shell_line_channel = {
    .open = open_channel,
    .write = write_channel,
    .resize = resize_channel,
    .close = close_channel,
};
