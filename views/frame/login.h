/*
 * login: the dialogs for what only a person can give: the confirmation of a login, the code of an
 * MFA device. One at a time, over whatever screen is shown; the others wait behind it.
 *
 * The screens below go on meanwhile, with all that needs no answer. On RUN_UI.
 */
#ifndef VIEWS_LOGIN_H
#define VIEWS_LOGIN_H

#include "core/aws/client.h"
#include "tui/canvas.h"
#include "tui/input.h"

struct app;
struct login_queue;

/* Takes the prompts of client from now on; before its first call. Freed (NULL is allowed) while the
 * client still lives: what is open is given up. */
struct login_queue *login_queue_new(struct app *app, struct aws_client *client);
void login_queue_free(struct login_queue *queue);

/* "waits for a login" while there is a prompt, else "": for the header. queue may be NULL. */
void login_describe(const struct login_queue *queue, char *text, size_t size);
/*
 * Whether a dialog lies over the screen. One comes up when there is a prompt and may_open (nothing
 * else is being typed); it stays until it is answered or over.
 */
bool login_is_shown(struct login_queue *queue, bool may_open);
/* For the dialog that is shown. Its keys are fixed: Esc gives up; a paste fills in, but only the
 * Enter key sends. */
void login_event(struct login_queue *queue, const struct event *event);
void login_draw(struct login_queue *queue, const struct canvas *whole);

#endif
