#include "tui/widget/menu.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/vec.h"

#define COLS_MAX  76
#define ROWS_MAX  24
#define SIDE_ROWS 5 /* border, filter line, its rule, detail */

struct menu_entry {
    char *text, *hint, *detail;
    int id;
    style_t style;
    int score; /* for the filter as it stands; 0: left out */
};

/* --- fuzzy matching ------------------------------------------------------------------------ */

int fuzzy_score(struct sv text, struct sv pattern)
{
    size_t at = 0, last = SIZE_MAX;
    int score = 1;

    for (size_t i = 0; i < pattern.len; i++) {
        int wanted = tolower((unsigned char)pattern.ptr[i]);
        while (at < text.len && tolower((unsigned char)text.ptr[at]) != wanted)
            at++;
        if (at == text.len)
            return 0;
        bool starts_word = at == 0 || !isalnum((unsigned char)text.ptr[at - 1]);
        bool goes_on = last != SIZE_MAX && at == last + 1;
        score += 10 + (starts_word ? 20 : 0) + (goes_on ? 15 : 0) + (at == i ? 5 : 0);
        last = at++;
    }
    int length_malus = text.len < 100 ? (int)text.len / 10 : 10;
    return score > length_malus ? score - length_malus : 1;
}

/* --- entries ------------------------------------------------------------------------------- */

void menu_init(struct menu *menu, struct sv title)
{
    *menu = (struct menu){.title = sv_dup(title)};
}

void menu_done(struct menu *menu)
{
    for (size_t i = 0; i < menu->n_entries; i++) {
        mem_free(menu->entries[i].text);
        mem_free(menu->entries[i].hint);
        mem_free(menu->entries[i].detail);
    }
    mem_free(menu->entries);
    mem_free(menu->matches);
    mem_free(menu->title);
    *menu = (struct menu){0};
}

/* Best first; equal ones in the order in which they were added. */
static int compare_matches(const void *a, const void *b, void *menu_ptr)
{
    const struct menu *menu = menu_ptr;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int by_score = menu->entries[right].score - menu->entries[left].score;

    return by_score != 0 ? by_score : (left > right) - (left < right);
}

static void narrow(struct menu *menu)
{
    struct sv pattern = field_text(&menu->filter);

    menu->n_matches = 0;
    for (size_t i = 0; i < menu->n_entries; i++) {
        menu->entries[i].score = fuzzy_score(sv_of(menu->entries[i].text), pattern);
        if (menu->entries[i].score > 0)
            menu->matches[menu->n_matches++] = i;
    }
    if (pattern.len != 0)
        qsort_r(menu->matches, menu->n_matches, sizeof *menu->matches, compare_matches, menu);
    menu->cursor = menu->top = 0;
}

void menu_add(struct menu *menu, struct sv text, struct sv hint, struct sv detail, int id,
              style_t style)
{
    if (menu->n_entries == menu->entries_size) {
        menu->entries = vec_grow(menu->entries, &menu->entries_size, sizeof *menu->entries);
        menu->matches = mem_resize(menu->matches, menu->entries_size * sizeof *menu->matches);
    }
    menu->entries[menu->n_entries] = (struct menu_entry){.text = sv_dup(text),
                                                         .hint = sv_dup(hint),
                                                         .detail = sv_dup(detail),
                                                         .id = id,
                                                         .style = style};
    menu->n_entries++;
    narrow(menu);
}

int menu_chosen(const struct menu *menu)
{
    return menu->n_matches == 0 ? -1 : menu->entries[menu->matches[menu->cursor]].id;
}

/* --- drawing ------------------------------------------------------------------------------- */

static void draw_entry(const struct menu *menu, const struct canvas *canvas, int y, size_t match)
{
    const struct menu_entry *entry = &menu->entries[menu->matches[match]];
    style_t overlay = match == menu->cursor ? ON_SELECTED : 0;
    int hint_cols = (int)text_width(sv_of(entry->hint), TEXT_LINE);

    canvas_fill(canvas, (struct rect){y, 0, 1, canvas->cols}, SIGN_NONE, ROLE_TEXT | overlay);
    int text_cols = canvas->cols - 2 - (hint_cols != 0 ? hint_cols + 2 : 0);
    canvas_text(canvas, y, 1, text_cols, sv_of(entry->text), entry->style | overlay, CUT_END);
    canvas_text(canvas, y, canvas->cols - 1 - hint_cols, hint_cols, sv_of(entry->hint),
                ROLE_FOOTER_KEY | overlay, CUT_END);
}

static void draw_entries(struct menu *menu, const struct canvas *canvas)
{
    size_t page = (size_t)canvas->rows;

    menu->page = canvas->rows;
    menu->top = scroll_into_view(menu->top, menu->cursor, menu->n_matches, page);
    if (menu->n_matches == 0)
        canvas_text(canvas, 0, 1, -1, SV("nothing matches"), ROLE_DIM, CUT_END);
    for (size_t i = 0; i < page && menu->top + i < menu->n_matches; i++)
        draw_entry(menu, canvas, (int)i, menu->top + i);
    struct rect bar = {0, canvas->cols - 1, canvas->rows, 1};
    scrollbar_draw(canvas, bar, menu->top, page, menu->n_matches);
}

void menu_draw(struct menu *menu, const struct canvas *canvas)
{
    int entries = (int)(menu->n_entries < ROWS_MAX ? menu->n_entries : ROWS_MAX);
    int cols = canvas->cols - 4 < COLS_MAX ? canvas->cols - 4 : COLS_MAX;

    menu->area = rect_center(canvas_rect(canvas), entries + SIDE_ROWS, cols);
    struct canvas box = canvas_sub(canvas, menu->area);
    canvas_clear(&box, ROLE_TEXT);
    canvas_box(&box, canvas_rect(&box), sv_of(menu->title), ROLE_FOCUS);
    struct rect inside = rect_inset(canvas_rect(&box), 1);
    struct rect filter = rect_cut_top(&inside, 1), rule = rect_cut_top(&inside, 1);
    struct rect detail = rect_cut_bottom(&inside, 1);
    canvas_fill(&box, rule, SIGN_H_LINE, ROLE_BORDER);
    struct canvas list = canvas_sub(&box, inside);
    draw_entries(menu, &list);
    if (menu->n_matches != 0) {
        const struct menu_entry *entry = &menu->entries[menu->matches[menu->cursor]];
        canvas_text(&box, detail.y, detail.x + 1, detail.cols - 2, sv_of(entry->detail), ROLE_DIM,
                    CUT_END);
    }
    field_draw(&menu->filter, &box, filter.y, filter.x + 1, filter.cols - 2);
    if (menu->filter.len == 0)
        canvas_text(&box, filter.y, filter.x + 2, filter.cols - 3, SV("type to narrow"), ROLE_DIM,
                    CUT_END);
}

/* --- events -------------------------------------------------------------------------------- */

static void move_cursor(struct menu *menu, enum move move)
{
    if (menu->n_matches != 0)
        menu->cursor = move_within(move, menu->cursor, menu->n_matches - 1, (size_t)menu->page);
}

static enum widget_result handle_mouse(struct menu *menu, const struct mouse *mouse)
{
    int first = menu->area.y + 3; /* below the border, the filter and its rule */

    if (mouse->action == MOUSE_WHEEL_UP || mouse->action == MOUSE_WHEEL_DOWN)
        move_cursor(menu, mouse->action == MOUSE_WHEEL_UP ? MOVE_UP : MOVE_DOWN);
    if (mouse->action != MOUSE_PRESS || !rect_contains(menu->area, mouse->y, mouse->x))
        return WIDGET_HANDLED;
    if (mouse->y < first || mouse->y >= first + menu->page)
        return WIDGET_HANDLED;
    size_t match = menu->top + (size_t)(mouse->y - first);
    if (match >= menu->n_matches)
        return WIDGET_HANDLED;
    menu->cursor = match;
    return WIDGET_ACTIVATED;
}

enum widget_result menu_handle(struct menu *menu, const struct event *event)
{
    enum move move;

    if (event->type == EVENT_MOUSE)
        return handle_mouse(menu, &event->mouse);
    if (event_is_key(event, KEYC_ESC) || event_is_ctrl(event, 'c') || event_is_ctrl(event, 'g'))
        return WIDGET_CLOSED;
    if (event_is_key(event, KEYC_ENTER))
        return menu->n_matches != 0 ? WIDGET_ACTIVATED : WIDGET_HANDLED;
    if (event_is_ctrl(event, 'n') || event_is_ctrl(event, 'p'))
        move_cursor(menu, event_is_ctrl(event, 'n') ? MOVE_DOWN : MOVE_UP);
    else if (event->type == EVENT_KEY && move_of_key(event->key, &move))
        move_cursor(menu, move);
    else if (field_handle(&menu->filter, event) == WIDGET_HANDLED)
        narrow(menu);
    return WIDGET_HANDLED;
}
