/*
 * fingerprint: whom a source of credentials stands for, as far as that can be said without asking
 * anybody: what was cached for one principal is never shown to another.
 */
#ifndef CORE_AWS_FINGERPRINT_H
#define CORE_AWS_FINGERPRINT_H

#include "core/aws/cred/chain.h"

/*
 * Appends what tells the source from any other, without its secrets: the key id of the environment,
 * or the profile with its properties. False when that does not say whose credentials it will give
 * (a process, a container, an instance decides that). Any runner.
 */
bool credential_fingerprint(const struct credential_source *source, struct buf *out);

#endif
