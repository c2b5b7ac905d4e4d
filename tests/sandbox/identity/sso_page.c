#include "tests/sandbox/identity/sso_page.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/codec.h"

bool sso_decide(struct sso_device *device, struct sv action)
{
    bool approve = sv_eq_cstr(action, "approve");
    if (!approve && !sv_eq_cstr(action, "deny"))
        return false;
    device->state = approve ? SSO_APPROVED : SSO_DENIED;
    return true;
}

static void write_page(struct http_response *response, int status, const char *text,
                       const struct sso_device *asked)
{
    struct buf *body = &response->body;
    response->status = status;
    response->content_type = "text/html; charset=utf-8";
    buf_addf(body, "<!DOCTYPE html>\n<title>Sandbox sign-in</title>\n<p>%s</p>\n", text);
    if (!asked)
        return;
    buf_addf(body,
             "<form method=\"post\" action=\"" SSO_PAGE_PATH "\">"
             "<input type=\"hidden\" name=\"user_code\" value=\"%s\">"
             "<button name=\"action\" value=\"approve\">Approve %s</button> "
             "<button name=\"action\" value=\"deny\">Deny</button></form>\n",
             asked->user_code, asked->user_code);
}

static void ask_code(struct http_response *response)
{
    write_page(response, 200, "Which code does your device show?", NULL);
    buf_add_cstr(&response->body, "<form action=\"" SSO_PAGE_PATH "\"><input name=\"user_code\">"
                                  "<button>Next</button></form>\n");
}

void sso_page_answer(struct sandbox *sandbox, const struct http_request *request,
                     struct http_response *response)
{
    struct codec_problem problem;
    bool post = sv_eq_cstr(request->method, "POST");
    AUTO(json_free_at)
    cJSON *form = codec_parse_form(post ? request->body : http_query(request), &problem);
    struct sv user_code = json_sv(form, "user_code");
    if (!post && user_code.len == 0) {
        ask_code(response);
        return;
    }
    struct sso_device *device = sso_device_of_user(sandbox->sso, user_code);
    int64_t now_ms = sandbox_clock_ms(sandbox);
    if (!device || device->state != SSO_PENDING || now_ms >= device->expires_at_ms)
        write_page(response, 404, "There is no such code, or no longer.", NULL);
    else if (!post)
        write_page(response, 200, "A device wants to sign in.", device);
    else if (sso_decide(device, json_sv(form, "action")))
        write_page(response, 200,
                   device->state == SSO_APPROVED ? "Approved: go back to your device." : "Denied.",
                   NULL);
    else
        write_page(response, 400, "That is no answer.", NULL);
}
