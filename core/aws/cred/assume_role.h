/*
 * assume_role: the reply of AssumeRole, read without a copy of its secrets left behind.
 */
#ifndef CORE_AWS_ASSUME_ROLE_H
#define CORE_AWS_ASSUME_ROLE_H

#include "core/aws/cred/credentials.h"

/*
 * Reads AccessKeyId, SecretAccessKey, SessionToken and Expiration straight from the bytes of the
 * reply (no XML parser keeps a copy). The caller wipes body. ERR_PARSE when one is missing, twice
 * there, or holds anything but plain text.
 */
enum err_code assume_role_read(struct sv body, struct credentials **credentials, struct err *err);

#endif
