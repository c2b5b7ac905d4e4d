/*
 * identity_control: codes and tokens for those who test, from outside.
 *
 *   POST mfa          {"user":"oncall"}      {"serial": ..., "code": "123456"}: one that STS takes
 *                                            now; 409 when they are used up for half a minute
 *   POST web-identity {"subject":"...",      {"token": "..."}; all members are optional: audience
 *                      "audience":"...",     is that of STS, lifetime_s 3600
 *                      "lifetime_s":N}
 *   POST imds         {"options":"v2"}       what --imds takes but slow; 409 without --imds
 */
#ifndef SANDBOX_IDENTITY_CONTROL_H
#define SANDBOX_IDENTITY_CONTROL_H

#include "tests/sandbox/sandbox.h"

/* As control.c wants it: body is JSON; the answer is JSON, a refusal {"error": "..."}. */
void mfa_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response);
void web_identity_control_post(struct sandbox *sandbox, struct sv body,
                               struct http_response *response);
void imds_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response);

#endif
