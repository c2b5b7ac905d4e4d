/*
 * dialog: a box over the screen that asks for a choice, or has a name typed.
 *
 * Its keys are fixed, not bound, so that no key file can turn a habit into a consent: Esc always
 * cancels, Tab and the arrows walk the choices, Enter takes the one with the focus, which at first
 * is always Cancel; a choice's own letter takes it at once. In a typed confirmation Enter confirms
 * only when what was typed equals the name byte for byte; a paste is refused and says so.
 */
#ifndef TUI_WIDGET_DIALOG_H
#define TUI_WIDGET_DIALOG_H

#include "tui/widget/field.h"
#include "tui/widget/pager.h"

#define DIALOG_CHOICES_MAX 6

struct dialog_choice {
    const char *label; /* "Approve" */
    char key;          /* 'y': takes it at once; 0: none. Cancel has Esc and 'n' */
    style_t style;
};

enum dialog_kind { DIALOG_CHOICE, DIALOG_TYPED };

struct dialog {
    enum dialog_kind kind;
    char *title;
    struct pager body; /* fill it by pager_add* */
    struct dialog_choice choices[DIALOG_CHOICES_MAX];
    size_t n_choices;
    size_t focus;   /* index of a choice; n_choices: Cancel */
    char *expected; /* DIALOG_TYPED */
    char *verb;
    struct field field;
    bool paste_refused, mismatch;
    int answer;       /* DIALOG_CANCELLED, or the index of the choice; 0 when typed */
    struct rect area; /* as last drawn */
    struct rect buttons[DIALOG_CHOICES_MAX + 1];
};

#define DIALOG_CANCELLED (-1)

/* Texts are copied. */
void dialog_init_choice(struct dialog *dialog, struct sv title, struct sv body,
                        const struct dialog_choice *choices, size_t n_choices);
/* "Type EXPECTED to VERB". Names that are not printable ASCII cannot be typed as they are shown:
 * ask for an id instead. */
void dialog_init_typed(struct dialog *dialog, struct sv title, struct sv body, struct sv expected,
                       const char *verb);
void dialog_done(struct dialog *dialog);

/* In the middle of canvas, as large as the body needs. */
void dialog_draw(struct dialog *dialog, const struct canvas *canvas);
/* WIDGET_CLOSED: see answer. Everything else is WIDGET_HANDLED: a dialog is modal. */
enum widget_result dialog_handle(struct dialog *dialog, const struct event *event);

#endif
