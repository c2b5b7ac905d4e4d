/* helper_world: a world without a wire: handlers are called through the seam. */
#ifndef TESTS_UNIT_SANDBOX_HELPER_WORLD_H
#define TESTS_UNIT_SANDBOX_HELPER_WORLD_H

#include "core/base/json.h"
#include "tests/sandbox/world/template.h"
#include "tests/sandbox/world/world_doc.h"

/* Before the first and after the last test of a program: the services' models. */
int load_models(void **state);
int unload_models(void **state);

/* A world from "accounts=24,..." with a clock that stands still at 2026-03-01T03:00:00Z. */
struct world *make_world(const char *spec);

/* Where a call comes from: an account and a region. */
struct from {
    const char *account_id, *region;
};
struct from from_management(const struct world *world);
struct from from_showcase(const struct world *world); /* its home region */
struct from from_cell(const struct world *world, uint32_t cell);

/*
 * Calls an operation, "ec2.DescribeRegions", with input, which it takes; NULL is {}. Gives the
 * output, the caller's, or NULL when it was refused: then ask_code says how.
 */
cJSON *ask(struct world *world, struct from from, const char *operation, cJSON *take_input);
extern char ask_code[64], ask_message[512];
/* Who asks; tests that set it set it back. */
#define ASK_ARN "arn:aws:iam::000000000000:user/test"
extern const char *ask_arn;
/* The items of all pages, put together under list_member; pages is their number, or NULL. */
cJSON *ask_all(struct world *world, struct from from, const char *operation, cJSON *take_input,
               const char *list_member, int *pages);

/* Fails the test unless the operation is refused with that code. */
void assert_refused(struct world *world, struct from from, const char *operation, cJSON *take_input,
                    const char *code);

/* The text of a member by its dotted path; "" when there is none. */
const char *text_at(const cJSON *tree, const char *path);
/* Copies an id into id, which holds RESOURCE_ID_SIZE. */
void keep_id(char *id, const char *text);
int64_t number_at(const cJSON *tree, const char *path);
/* The element of a list of which the member at path is that text; NULL when there is none. */
const cJSON *find_in(const cJSON *list, const char *path, const char *text);

/* Applies a patch of one operation. */
enum err_code patch_one(struct world *world, const char *op, const char *path, cJSON *take_value);

#endif
