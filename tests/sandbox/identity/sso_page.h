/*
 * sso_page: the page on which somebody with a browser approves or denies a device code, as the
 * verification URI of RFC 8628 3.3 names it. Whoever knows the user code may.
 */
#ifndef SANDBOX_SSO_PAGE_H
#define SANDBOX_SSO_PAGE_H

#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/http.h"

#define SSO_PAGE_PATH "/device"

/*
 * Answers a request to SSO_PAGE_PATH with a page of HTML:
 *   GET  ?user_code=BCDF-GHJK                  asks
 *   POST user_code=BCDF-GHJK&action=approve    answers; or action=deny
 */
void sso_page_answer(struct sandbox *sandbox, const struct http_request *request,
                     struct http_response *response);

/* What both the page and the control path do with a pending code. False: action is neither approve
 * nor deny. */
bool sso_decide(struct sso_device *device, struct sv action);

#endif
