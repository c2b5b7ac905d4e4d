/*
 * sso_control: single sign-on from outside, for tests.
 *
 *   GET  sso                                                what waits, what lasts, the settings
 *   POST sso {"user_code":"BCDF-GHJK","action":"approve"}   or "deny"
 *   POST sso {"action":"revoke"}                            ends every session
 *   POST sso {"token_s":60,...}                             settings by the names of sso_settings;
 *                                                           they hold for what is made from now on
 */
#ifndef SANDBOX_SSO_CONTROL_H
#define SANDBOX_SSO_CONTROL_H

#include "tests/sandbox/sandbox.h"

/* As control.c wants it: body is JSON or empty; the answer is JSON, a refusal {"error": "..."}. */
void sso_control_get(struct sandbox *sandbox, struct sv body, struct http_response *response);
void sso_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response);

#endif
