#include "views/frame/login.h"

#include <stdio.h>
#include <string.h>

#include "core/aws/prompt.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tui/widget/pager.h"
#include "views/frame/app.h"

#define CODE_DIGITS   6
#define COLS_MAX      78
#define MARGIN        2
#define COUNTDOWN_MAX ((int64_t)24 * 60 * 60 * 1000)

struct login_queue {
    struct app *app;
    struct aws_client *client;
    VEC(struct prompt *) prompts; /* the first is, or will be, shown */
    bool is_shown;
    char code[CODE_DIGITS + 1]; /* as far as it is typed */
    const char *hint;           /* what is wrong with it; NULL: nothing */
};

/* --- what comes and goes --------------------------------------------------------------------- */

static void forget_code(struct login_queue *queue)
{
    secret_wipe(queue->code, sizeof queue->code);
    queue->hint = NULL;
}

static void take_out(struct login_queue *queue, size_t i)
{
    mem_free(queue->prompts.ptr[i]);
    memmove(&queue->prompts.ptr[i], &queue->prompts.ptr[i + 1],
            (queue->prompts.len - i - 1) * sizeof *queue->prompts.ptr);
    queue->prompts.len--;
    if (i == 0) {
        queue->is_shown = false;
        forget_code(queue);
    }
    app_redraw(queue->app);
}

static void on_prompt(void *arg, const struct prompt *prompt)
{
    struct login_queue *queue = arg;

    vec_push(&queue->prompts, mem_copy(prompt, sizeof *prompt));
    app_redraw(queue->app);
}

static void on_over(void *arg, uint64_t id)
{
    struct login_queue *queue = arg;

    for (size_t i = 0; i < queue->prompts.len; i++) {
        if (queue->prompts.ptr[i]->id == id) {
            take_out(queue, i);
            return;
        }
    }
}

struct login_queue *login_queue_new(struct app *app, struct aws_client *client)
{
    struct login_queue *queue = mem_new(struct login_queue);

    queue->app = app;
    queue->client = client;
    client_on_prompt(client, on_prompt, on_over, queue);
    return queue;
}

void login_queue_free(struct login_queue *queue)
{
    if (queue == NULL)
        return;
    client_on_prompt(queue->client, NULL, NULL, NULL);
    while (queue->prompts.len > 0)
        take_out(queue, queue->prompts.len - 1);
    vec_free(&queue->prompts);
    mem_free(queue);
}

void login_describe(const struct login_queue *queue, char *text, size_t size)
{
    text[0] = '\0';
    if (queue != NULL && queue->prompts.len > 0)
        snprintf(text, size, "waits for %s",
                 queue->prompts.ptr[0]->kind == PROMPT_MFA_CODE ? "an MFA code" : "a login");
}

bool login_is_shown(struct login_queue *queue, bool may_open)
{
    if (queue == NULL || queue->prompts.len == 0)
        return false;
    queue->is_shown |= may_open;
    return queue->is_shown;
}

/* --- answers --------------------------------------------------------------------------------- */

static void answer(struct login_queue *queue, struct secret *take_secret)
{
    uint64_t id = queue->prompts.ptr[0]->id;

    take_out(queue, 0);
    client_answer_prompt(queue->client, id, take_secret);
}

static void copy(struct login_queue *queue, const struct event *event)
{
    const struct prompt *prompt = queue->prompts.ptr[0];

    if (event_is_key(event, 'c'))
        app_copy(queue->app, "the address", sv_of(prompt->url));
    else if (event_is_key(event, 'C'))
        app_copy(queue->app, "the code", sv_of(prompt->user_code));
}

static void add_digits(struct login_queue *queue, struct sv text)
{
    size_t len = strlen(queue->code);

    queue->hint = NULL;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9' && len < CODE_DIGITS)
            queue->code[len++] = text.ptr[i];
    }
}

static void send_code(struct login_queue *queue)
{
    if (strlen(queue->code) == CODE_DIGITS)
        answer(queue, secret_new((struct sv){queue->code, CODE_DIGITS}));
    else
        queue->hint = "The code has six digits.";
}

static void code_event(struct login_queue *queue, const struct event *event)
{
    size_t len = strlen(queue->code);
    char typed;

    if (event->type == EVENT_PASTE) {
        add_digits(queue, event->paste.text); /* its line ends are no Enter */
    } else if (event_is_key(event, KEYC_ENTER)) {
        send_code(queue);
    } else if (event_is_key(event, KEYC_BACKSPACE) && len > 0) {
        queue->code[len - 1] = '\0';
    } else if (event_is_ctrl(event, 'u')) {
        forget_code(queue);
    } else if (event->type == EVENT_KEY && key_is_text(event->key) && event->key.code < 0x80) {
        typed = (char)event->key.code;
        add_digits(queue, (struct sv){&typed, 1});
    }
}

void login_event(struct login_queue *queue, const struct event *event)
{
    app_redraw(queue->app);
    if (event_is_key(event, KEYC_ESC) || event_is_ctrl(event, 'c') || event_is_ctrl(event, 'g'))
        answer(queue, NULL);
    else if (queue->prompts.ptr[0]->kind == PROMPT_MFA_CODE)
        code_event(queue, event);
    else
        copy(queue, event);
}

/* --- drawing --------------------------------------------------------------------------------- */

/* A line of its own for what is to be read exactly: in ASCII, the rest escaped. */
static void add_identity(struct pager *body, const char *text, style_t style)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_add_cstr(&line, "  ");
    text_safe(&line, sv_of(text), TEXT_IDENTITY);
    pager_add(body, buf_sv(&line), style);
}

static void add_line(struct pager *body, style_t style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void add_line(struct pager *body, style_t style, const char *fmt, ...)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    buf_add_cstr(&line, text);
    pager_add(body, buf_sv(&line), style);
}

static void add_refusal(struct pager *body, const struct prompt *prompt)
{
    if (prompt->refusal[0] != '\0') {
        pager_add(body, sv_of(prompt->refusal), ROLE_WARN);
        pager_add(body, SV(" "), ROLE_TEXT);
    }
}

/* "9:58 left", nothing when it does not end soon. */
static void countdown(const struct prompt *prompt, char *text, size_t size)
{
    int64_t left_ms = prompt->expires_at_ms - clock_display_ms();

    text[0] = '\0';
    if (prompt->expires_at_ms != 0 && left_ms >= 0 && left_ms < COUNTDOWN_MAX)
        snprintf(text, size, ", %lld:%02lld left", (long long)left_ms / 60000,
                 (long long)left_ms / 1000 % 60);
}

static void fill_login(struct pager *body, const struct prompt *prompt)
{
    char left[32];

    countdown(prompt, left, sizeof left);
    add_refusal(body, prompt);
    if (prompt->sso_session[0] != '\0')
        add_line(body, ROLE_TEXT, "Session %s (profile %s) wants a login. On any device, open",
                 prompt->sso_session, prompt->profile);
    else
        add_line(body, ROLE_TEXT, "Profile %s wants a login. On any device, open", prompt->profile);
    pager_add(body, SV(" "), ROLE_TEXT);
    add_identity(body, prompt->url, ROLE_LINK);
    pager_add(body, SV(" "), ROLE_TEXT);
    add_line(body, ROLE_TEXT, "and confirm that it shows this code:");
    pager_add(body, SV(" "), ROLE_TEXT);
    add_identity(body, prompt->user_code, ROLE_STRONG);
    pager_add(body, SV(" "), ROLE_TEXT);
    add_line(
        body, ROLE_DIM,
        "Waiting for the confirmation%s. One login serves all accounts; what waits for it goes "
        "on where it stopped.",
        left);
}

static void fill_code(struct pager *body, const struct prompt *prompt)
{
    add_refusal(body, prompt);
    add_line(body, ROLE_TEXT,
             "Profile %s asks for the code that this device shows:", prompt->profile);
    pager_add(body, SV(" "), ROLE_TEXT);
    add_identity(body, prompt->device, ROLE_IDENTITY);
}

/* The digits as asterisks, the cursor behind them. */
static void draw_code(const struct login_queue *queue, const struct canvas *box, int y)
{
    int x = MARGIN + canvas_text(box, y, MARGIN, -1, SV("Code "), ROLE_LABEL, CUT_END);
    size_t len = strlen(queue->code);

    canvas_fill(box, (struct rect){y, x, 1, CODE_DIGITS + 1}, SIGN_NONE, ROLE_INPUT);
    canvas_text(box, y, x, (int)len, SV("******"), ROLE_INPUT, CUT_SILENT);
    canvas_cursor(box, y, x + (int)len);
    if (queue->hint != NULL)
        canvas_text(box, y, x + CODE_DIGITS + 3, -1, sv_of(queue->hint), ROLE_ERROR, CUT_END);
}

static void draw_keys(const struct canvas *box, int y, bool is_code)
{
    static const struct {
        const char *key, *label;
        bool of_code, of_login;
    } keys[] = {
        {"c", "copy the address", false, true},
        {"C", "copy the code", false, true},
        {"Enter", "send", true, false},
        {"Esc", "give up", true, true},
    };
    int x = MARGIN;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!(is_code ? keys[i].of_code : keys[i].of_login))
            continue;
        x += canvas_text(box, y, x, -1, sv_of(keys[i].key), ROLE_FOOTER_KEY, CUT_END) + 1;
        x += canvas_text(box, y, x, -1, sv_of(keys[i].label), ROLE_DIM, CUT_END) + 3;
    }
}

static void draw_box(const struct login_queue *queue, struct pager *body,
                     const struct canvas *whole)
{
    bool is_code = queue->prompts.ptr[0]->kind == PROMPT_MFA_CODE;
    int foot_rows = is_code ? 4 : 2;
    int cols = whole->cols - 4 < COLS_MAX ? whole->cols - 4 : COLS_MAX;
    int rows = (int)pager_rows(body, cols - 2 * MARGIN);
    char title[64];

    snprintf(title, sizeof title, queue->prompts.len > 1 ? "%s (1 of %zu)" : "%s",
             is_code ? "MFA code" : "Log in", queue->prompts.len);
    struct canvas box =
        canvas_sub(whole, rect_center(canvas_rect(whole), rows + foot_rows + 2, cols));
    canvas_hide_cursor(whole);
    canvas_clear(&box, ROLE_TEXT);
    canvas_box(&box, canvas_rect(&box), sv_of(title), ROLE_FOCUS);
    struct rect inside = rect_inset(canvas_rect(&box), 1);
    struct rect foot = rect_cut_bottom(&inside, foot_rows);
    inside.x += MARGIN - 1;
    inside.cols -= 2 * (MARGIN - 1);
    struct canvas text = canvas_sub(&box, inside);
    pager_draw(body, &text);
    if (is_code)
        draw_code(queue, &box, foot.y + 1);
    draw_keys(&box, foot.y + foot.rows - 1, is_code);
}

void login_draw(struct login_queue *queue, const struct canvas *whole)
{
    const struct prompt *prompt = queue->prompts.ptr[0];
    struct pager body;

    pager_init(&body);
    pager_set_wrap(&body, true);
    if (prompt->kind == PROMPT_MFA_CODE)
        fill_code(&body, prompt);
    else
        fill_login(&body, prompt);
    draw_box(queue, &body, whole);
    pager_done(&body);
}
