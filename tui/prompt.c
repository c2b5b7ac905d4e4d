#include "tui/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/base/vec.h"
#include "tui/widget/field.h"

#define MAX_BYTES_DEFAULT 4096

struct candidate {
    char *text, *hint;
};

struct prompt_candidates {
    VEC(struct candidate) list;
    size_t word_at; /* where in the line the word begins that they replace */
    size_t chosen;  /* the one that stands in the line; SIZE_MAX: none yet */
};

struct prompt {
    char *label;
    struct prompt_history *history;
    prompt_completer *complete;
    void *ctx;
    size_t max_bytes;
    bool is_secret;
    enum prompt_result state;
    struct buf answer;   /* the line once it is accepted */
    struct field hidden; /* the line of a secret */
    struct prompt_candidates candidates;
};

static struct prompt *current; /* the one that readline's line belongs to */

/* --- readline's side ------------------------------------------------------------------------ */

static struct {
    char bytes[64];
    size_t at, len;
} keys; /* what a key event is in bytes, on its way to readline */

static int next_byte(FILE *stream)
{
    (void)stream;
    return keys.at < keys.len ? (unsigned char)keys.bytes[keys.at++] : EOF;
}

static int has_byte(void)
{
    return keys.at < keys.len;
}

static void paint_nothing(void)
{
}

/* Called by readline with the finished line, ours to free, or NULL for ctrl-d. */
static void on_line(char *line)
{
    rl_callback_handler_remove(); /* or it would begin the next line at once */
    if (current == NULL)
        return;
    current->state = line == NULL ? PROMPT_CANCELLED : PROMPT_ACCEPTED;
    buf_add_cstr(&current->answer, line == NULL ? "" : line);
    free(line);
    current = NULL;
}

static void set_up_readline(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    FILE *nowhere = fopen("/dev/null", "r+e");
    rl_readline_name = "watchdeck";
    rl_instream = nowhere;
    rl_outstream = nowhere;
    rl_getc_function = next_byte;
    rl_input_available_hook = has_byte;
    rl_redisplay_function = paint_nothing;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_initialize(); /* reads ~/.inputrc, which must not overrule what follows */
    rl_variable_bind("bell-style", "none");
    rl_variable_bind("enable-bracketed-paste", "off");
    Keymap keymaps[] = {emacs_standard_keymap, vi_insertion_keymap};
    for (size_t i = 0; i < ARRAY_LEN(keymaps); i++) {
        rl_bind_keyseq_if_unbound_in_map("\033[3~", rl_delete, keymaps[i]);
        /* these wait for a key in a way that cannot be called off */
        rl_unbind_function_in_map(rl_quoted_insert, keymaps[i]);
        rl_unbind_function_in_map(rl_char_search, keymaps[i]);
    }
}

/* A search or a count in the making is aborted first: it would otherwise go on in the next line,
 * with history entries that are gone by then. */
static void abandon_line(void)
{
    if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY |
                   RL_STATE_VIMOTION)) {
        keys.bytes[0] = '\a'; /* ctrl-g */
        keys.at = 0;
        keys.len = 1;
        rl_callback_read_char();
    }
    rl_callback_sigcleanup();
    rl_callback_handler_remove();
}

static void take_line(struct prompt *prompt)
{
    if (current != NULL) {
        current->state = PROMPT_CANCELLED;
        abandon_line();
    }
    current = prompt;
    clear_history();
    for (size_t i = 0; prompt->history != NULL && i < prompt_history_count(prompt->history); i++)
        add_history(prompt_history_line(prompt->history, i));
    using_history();
    rl_callback_handler_install("", on_line);
    rl_replace_line("", 1);
}

static void give_line_back(struct prompt *prompt)
{
    if (current != prompt)
        return;
    current = NULL;
    abandon_line();
    rl_replace_line("", 1);
    rl_point = rl_mark = 0;
}

static void forget_candidates(struct prompt *prompt)
{
    for (size_t i = 0; i < prompt->candidates.list.len; i++) {
        mem_free(prompt->candidates.list.ptr[i].text);
        mem_free(prompt->candidates.list.ptr[i].hint);
    }
    vec_clear(&prompt->candidates.list);
    prompt->candidates.chosen = SIZE_MAX;
}

/* --- opening and closing ------------------------------------------------------------------- */

struct prompt *prompt_open(const struct prompt_options *options)
{
    struct prompt *prompt = mem_new(struct prompt);

    prompt->label = mem_strdup(options->label);
    prompt->is_secret = options->secret;
    prompt->state = PROMPT_EDITING;
    prompt->max_bytes = options->max_bytes != 0 ? options->max_bytes : MAX_BYTES_DEFAULT;
    prompt->candidates.chosen = SIZE_MAX;
    if (prompt->is_secret)
        return prompt;
    prompt->history = options->history;
    prompt->complete = options->complete;
    prompt->ctx = options->ctx;
    set_up_readline();
    take_line(prompt);
    if (options->initial != NULL)
        prompt_set_text(prompt, sv_of(options->initial));
    return prompt;
}

void prompt_close(struct prompt *prompt)
{
    if (prompt == NULL)
        return;
    give_line_back(prompt);
    forget_candidates(prompt);
    vec_free(&prompt->candidates.list);
    secret_wipe(&prompt->hidden, sizeof prompt->hidden);
    buf_done(&prompt->answer);
    mem_free(prompt->label);
    mem_free(prompt);
}

struct sv prompt_text(const struct prompt *prompt)
{
    if (prompt->is_secret)
        return field_text(&prompt->hidden);
    if (prompt == current)
        return (struct sv){rl_line_buffer, (size_t)rl_end};
    return buf_sv(&prompt->answer);
}

void prompt_set_text(struct prompt *prompt, struct sv text)
{
    if (prompt != current || text.len > prompt->max_bytes)
        return;
    forget_candidates(prompt);
    AUTO_FREE char *copy = sv_dup(text);
    rl_replace_line(copy == NULL ? "" : copy, 0);
    rl_point = rl_end;
}

/* --- completion ---------------------------------------------------------------------------- */

void prompt_candidate(struct prompt_candidates *candidates, struct sv text, struct sv hint)
{
    vec_push(&candidates->list, ((struct candidate){sv_dup(text), sv_dup(hint)}));
}

static size_t word_start(struct sv line)
{
    size_t at = line.len;

    while (at > 0 && line.ptr[at - 1] != ' ')
        at--;
    return at;
}

static void replace_word(const struct prompt *prompt, struct sv text)
{
    AUTO_FREE char *copy = sv_dup(text);

    rl_delete_text((int)prompt->candidates.word_at, rl_point);
    rl_point = (int)prompt->candidates.word_at;
    if (copy != NULL)
        rl_insert_text(copy);
}

/* The longest beginning that all candidates share, never half a character. */
static struct sv common_beginning(const struct prompt_candidates *candidates)
{
    struct sv common = sv_of(candidates->list.ptr[0].text);

    for (size_t i = 1; i < candidates->list.len; i++) {
        const char *other = candidates->list.ptr[i].text;
        size_t len = 0;
        while (len < common.len && other[len] == common.ptr[len])
            len++;
        common.len = len;
    }
    while (common.len != 0 && ((unsigned char)common.ptr[common.len] & 0xc0) == 0x80)
        common.len--;
    return common;
}

static void offer_candidates(struct prompt *prompt)
{
    struct prompt_candidates *candidates = &prompt->candidates;
    struct sv before = {rl_line_buffer, (size_t)rl_point};

    forget_candidates(prompt);
    candidates->word_at = word_start(before);
    prompt->complete(prompt->ctx, before, candidates->word_at, candidates);
    if (candidates->list.len == 0)
        return;
    struct sv common = common_beginning(candidates);
    if (common.len > before.len - candidates->word_at)
        replace_word(prompt, common);
    if (candidates->list.len == 1) {
        replace_word(prompt, sv_of(candidates->list.ptr[0].text));
        rl_insert_text(" ");
        forget_candidates(prompt);
    }
}

static void step_candidate(struct prompt *prompt, int by)
{
    struct prompt_candidates *candidates = &prompt->candidates;
    size_t n = candidates->list.len;

    if (candidates->chosen == SIZE_MAX)
        candidates->chosen = by > 0 ? 0 : n - 1;
    else
        candidates->chosen = (candidates->chosen + n + (size_t)by) % n;
    replace_word(prompt, sv_of(candidates->list.ptr[candidates->chosen].text));
}

static bool is_searching(void)
{
    return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH) != 0;
}

static void complete(struct prompt *prompt, bool backwards)
{
    if (prompt->complete == NULL || is_searching())
        return;
    if (prompt->candidates.list.len > 1)
        step_candidate(prompt, backwards ? -1 : 1);
    else if (!backwards)
        offer_candidates(prompt);
}

/* --- events -------------------------------------------------------------------------------- */

/* What readline knows a key as: the sequences that it binds by itself. */
static const struct {
    struct key key;
    const char *bytes;
} named_keys[] = {
    {{KEYC_ENTER, 0}, "\r"},
    {{KEYC_BACKSPACE, 0}, "\x7f"},
    {{KEYC_BACKSPACE, MOD_ALT}, "\033\x7f"},
    {{KEYC_DELETE, 0}, "\033[3~"},
    {{KEYC_UP, 0}, "\033[A"},
    {{KEYC_DOWN, 0}, "\033[B"},
    {{KEYC_RIGHT, 0}, "\033[C"},
    {{KEYC_LEFT, 0}, "\033[D"},
    {{KEYC_HOME, 0}, "\033[H"},
    {{KEYC_END, 0}, "\033[F"},
    {{KEYC_RIGHT, MOD_CTRL}, "\033f"},
    {{KEYC_LEFT, MOD_CTRL}, "\033b"},
};

static void push_bytes(const char *bytes, size_t len)
{
    if (keys.len + len > sizeof keys.bytes)
        return;
    memcpy(keys.bytes + keys.len, bytes, len);
    keys.len += len;
}

static void push_key(struct key key)
{
    char bytes[4];

    for (size_t i = 0; i < ARRAY_LEN(named_keys); i++) {
        if (key_eq(key, named_keys[i].key)) {
            push_bytes(named_keys[i].bytes, strlen(named_keys[i].bytes));
            return;
        }
    }
    if (key.code >= KEYC_ENTER)
        return;
    if (key.mods & MOD_ALT)
        push_bytes("\033", 1);
    if (key.mods & MOD_CTRL) {
        bytes[0] = (char)(key.code & 0x1f);
        push_bytes(bytes, 1);
    } else {
        push_bytes(bytes, utf8_encode(key.code, bytes));
    }
}

/* With vi keys the first Esc leaves the insert mode, as it does in every vi. */
static bool escape_is_for_vi(void)
{
    return rl_editing_mode == 0 && rl_get_keymap() == vi_insertion_keymap;
}

static bool cancels(const struct event *event)
{
    if (event_is_ctrl(event, 'c'))
        return true;
    if (event_is_key(event, KEYC_ESC))
        return !escape_is_for_vi();
    return event_is_ctrl(event, 'g') && !is_searching();
}

static void feed_readline(struct prompt *prompt, struct key key)
{
    if (key_is_text(key) && (size_t)rl_end + 4 > prompt->max_bytes)
        return;
    if (key.code == KEYC_ESC) {
        rl_vi_movement_mode(1, 0);
        return;
    }
    keys.at = keys.len = 0;
    push_key(key);
    while (keys.at < keys.len && current == prompt)
        rl_callback_read_char();
}

/* Line ends and other controls become blanks; what would make the line too long is left out. */
static void insert_paste(struct prompt *prompt, struct sv text)
{
    AUTO(buf_done) struct buf clean = BUF_NONE;
    uint32_t codepoint;

    for (size_t n; (n = utf8_decode(text, &codepoint)) != 0;) {
        bool control = codepoint < ' ' || (codepoint >= 0x7f && codepoint < 0xa0);
        if (codepoint != UINT32_MAX)
            buf_add(&clean, control ? SV(" ") : (struct sv){text.ptr, n});
        text = (struct sv){text.ptr + n, text.len - n};
    }
    if ((size_t)rl_end + clean.len <= prompt->max_bytes && !is_searching())
        rl_insert_text(buf_cstr(&clean));
}

static enum prompt_result handle_secret(struct prompt *prompt, const struct event *event)
{
    bool is_end = event_is_ctrl(event, 'd') && prompt->hidden.len == 0;

    if (event_is_key(event, KEYC_ESC) || event_is_ctrl(event, 'c') || event_is_ctrl(event, 'g') ||
        is_end)
        prompt->state = PROMPT_CANCELLED;
    else if (event_is_key(event, KEYC_ENTER))
        prompt->state = PROMPT_ACCEPTED;
    else
        field_handle(&prompt->hidden, event);
    return prompt->state;
}

static void keep_in_history(const struct prompt *prompt)
{
    struct sv line = buf_sv(&prompt->answer);

    if (prompt->history != NULL && line.len != 0 && line.ptr[0] != ' ')
        prompt_history_add(prompt->history, line);
}

enum prompt_result prompt_handle(struct prompt *prompt, const struct event *event)
{
    if (prompt->state != PROMPT_EDITING)
        return prompt->state;
    if (event->type != EVENT_KEY && event->type != EVENT_PASTE)
        return PROMPT_IGNORED;
    if (prompt->is_secret)
        return handle_secret(prompt, event);
    if (event->type == EVENT_PASTE) {
        insert_paste(prompt, event->paste.text);
        return PROMPT_EDITING;
    }
    if (cancels(event)) {
        give_line_back(prompt);
        return prompt->state = PROMPT_CANCELLED;
    }
    if (event->key.code == KEYC_TAB) {
        complete(prompt, event->key.mods == MOD_SHIFT);
        return PROMPT_EDITING;
    }
    forget_candidates(prompt);
    feed_readline(prompt, event->key);
    if (prompt->state == PROMPT_ACCEPTED)
        keep_in_history(prompt);
    return prompt->state;
}

/* --- drawing ------------------------------------------------------------------------------- */

int prompt_rows(const struct prompt *prompt, int max_rows)
{
    size_t wanted = 1 + prompt->candidates.list.len;
    return wanted < (size_t)max_rows ? (int)wanted : max_rows;
}

static void draw_candidates(const struct prompt *prompt, const struct canvas *canvas)
{
    const struct prompt_candidates *candidates = &prompt->candidates;
    size_t n = candidates->list.len, page = (size_t)canvas->rows;
    size_t chosen = candidates->chosen == SIZE_MAX ? 0 : candidates->chosen;
    size_t top = scroll_into_view(0, chosen, n, page);

    canvas_clear(canvas, ROLE_HEADER);
    for (size_t i = 0; i < page && top + i < n; i++) {
        const struct candidate *candidate = &candidates->list.ptr[top + i];
        style_t overlay = top + i == candidates->chosen ? ON_SELECTED : 0;
        int y = (int)i, x = 1;
        canvas_fill(canvas, (struct rect){y, 0, 1, canvas->cols}, SIGN_NONE, ROLE_HEADER | overlay);
        x += canvas_text(canvas, y, x, -1, sv_of(candidate->text), ROLE_HEADER_KEY | overlay,
                         CUT_END);
        canvas_text(canvas, y, x + 2, -1, sv_of(candidate->hint), ROLE_HEADER | overlay, CUT_END);
    }
    scrollbar_draw(canvas, (struct rect){0, canvas->cols - 1, canvas->rows, 1}, top, page, n);
}

/* Takes clusters off the front of line until the cursor, at byte `point`, fits into room columns;
 * returns the cursor's column. */
static int scroll_line(struct sv *line, size_t point, int room)
{
    struct sv before = {line->ptr, point};
    struct text_iter iter = {*line, TEXT_LINE};
    struct text_cluster cluster;
    int column = (int)text_width(before, TEXT_LINE);

    while (column >= room && text_next(&iter, &cluster))
        column -= cluster.width;
    *line = iter.rest;
    return column;
}

static void draw_line(const struct prompt *prompt, const struct canvas *canvas, int y)
{
    bool is_ours = !prompt->is_secret && prompt == current;
    bool has_own_label = is_ours && rl_display_prompt != NULL && *rl_display_prompt != '\0';
    const char *label = has_own_label ? rl_display_prompt : prompt->label;
    struct sv line = prompt_text(prompt);
    AUTO(buf_done) struct buf dots = BUF_NONE;

    for (size_t i = 0; prompt->is_secret && i < prompt->hidden.len; i++) {
        if (((unsigned char)prompt->hidden.text[i] & 0xc0) != 0x80)
            buf_add_char(&dots, '*');
    }
    if (prompt->is_secret)
        line = buf_sv(&dots);
    canvas_fill(canvas, (struct rect){y, 0, 1, canvas->cols}, SIGN_NONE, ROLE_INPUT);
    int x = canvas_text(canvas, y, 0, -1, sv_of(label), ROLE_TITLE, CUT_END);
    int room = canvas->cols - x;
    int column = scroll_line(&line, is_ours ? (size_t)rl_point : line.len, room);
    canvas_text(canvas, y, x, room, line, ROLE_INPUT, CUT_SILENT);
    canvas_cursor(canvas, y, x + column);
}

void prompt_draw(const struct prompt *prompt, const struct canvas *canvas)
{
    struct rect rest = canvas_rect(canvas);
    struct rect foot = rect_cut_bottom(&rest, 1);
    int wanted = prompt_rows(prompt, canvas->rows) - 1;

    if (wanted > 0) {
        struct canvas popup = canvas_sub(canvas, rect_cut_bottom(&rest, wanted));
        draw_candidates(prompt, &popup);
    }
    draw_line(prompt, canvas, foot.y);
}
