/*
 * app: a console on a memory terminal, whose AWS is nowhere: its first screen is a list of the
 * test's own words. What needs no network works as in life.
 */
#ifndef TESTS_VIEWS_HELPER_APP_H
#define TESTS_VIEWS_HELPER_APP_H

#include "tests/support/dir.h"
#include "views/frame/app.h"

extern char app_dir[DIR_PATH_SIZE]; /* a folder that goes with the app */

/* cmocka's setup and teardown: the list `words` is open, and has been loaded. */
int start_app(void **state);
int stop_app(void **state);
extern struct app *app;

/* What the list `words` gives at its next load: words apart by blanks, each a row; the column
 * length has their lengths. Held back until words_release when held. */
void words_set(const char *words, bool held);
void words_release(void);
extern const struct view_kind view_words;

/* Keys apart by blanks, as in scripts. */
void press(const char *names);
/* A command line: `:`, line, Enter. */
void command_line(const char *line);
/* Turns the console until text stands on the screen (or is gone); fails after 5 s. */
void wait_for(const char *text);
void wait_gone(const char *text);
bool shows(const char *text);
/* Whatever is queued on the runners is done now. */
void settle(void);
/* The raw text of column id in the selected row; "" without one. Valid until the next call. */
const char *selected(const char *id);

#endif
