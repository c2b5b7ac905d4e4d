/*
 * expiry: how long the credentials still serve, in words.
 */
#ifndef VIEWS_EXPIRY_H
#define VIEWS_EXPIRY_H

#include "core/aws/client.h"

/* "SSO 6h12m", "SSO only 9m", "SSO expired", by the display clock: of the login at IAM Identity
 * Center; without one "keys only 9m", of base credentials that ought to have been renewed by now.
 * "" when there is nothing to tell. *is_near: less than 15 minutes are left. */
void expiry_describe(struct aws_client *client, char *text, size_t size, bool *is_near);

#endif
