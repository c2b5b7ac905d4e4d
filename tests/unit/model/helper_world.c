#include "helper_world.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

uint64_t dice_roll(struct dice *dice)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * UINT64_C(2685821657736338717);
}

size_t dice_below(struct dice *dice, size_t n)
{
    return (size_t)((dice_roll(dice) >> 33) % n);
}

bool dice_one_in(struct dice *dice, size_t n)
{
    return dice_below(dice, n) == 0;
}

const struct column world_columns[W_COLUMNS] = {
    [W_ID] = {.id = "id", .title = "ID", .type = COL_IDENTITY, .flags = COL_KEY},
    [W_NAME] = {.id = "name", .title = "NAME", .type = COL_TEXT},
    [W_TYPE] = {.id = "type", .title = "TYPE", .type = COL_TEXT, .flags = COL_INTERNED},
    [W_ACCOUNT] = {.id = "account",
                   .title = "ACCOUNT",
                   .type = COL_IDENTITY,
                   .flags = COL_INTERNED},
    [W_SEVERITY] = {.id = "severity", .title = "SEV", .type = COL_SEVERITY, .flags = COL_INTERNED},
    [W_RISK] = {.id = "risk", .title = "RISK", .type = COL_SEVERITY},
    [W_PORTS] = {.id = "ports", .title = "PORTS", .type = COL_COUNT},
    [W_SEEN] = {.id = "seen", .title = "SEEN", .type = COL_TIME},
    [W_LEFT_S] = {.id = "left_s", .title = "LEFT", .type = COL_DURATION},
    [W_OPEN] = {.id = "open", .title = "OPEN", .type = COL_BOOL},
    [W_TAGS] = {.id = "tags", .title = "TAGS", .type = COL_TEXT},
};

struct world *world_new(uint64_t seed, size_t n_room)
{
    struct world *world = mem_new(struct world);
    world->table = table_new(world_columns, W_COLUMNS);
    world->rows = mem_alloc(n_room * sizeof(*world->rows));
    world->n_room = n_room;
    world->dice.state = seed * 2 + 1;
    return world;
}

void world_free(struct world *world)
{
    for (size_t row = 0; row < world->n_rows; row++) {
        for (size_t i = 0; i < W_COLUMNS; i++)
            mem_free((char *)world->rows[row][i].text.ptr);
    }
    table_unref(world->table);
    mem_free(world->rows);
    mem_free(world);
}

/* Words that share prefixes, differ in case only, hold NUL, invalid UTF-8 and escapes. */
static struct sv some_word(struct dice *dice)
{
    static const struct sv words[] = {
        SV("data"),
        SV("Data"),
        SV("database"),
        SV("DATABASE"),
        SV("a"),
        SV("aa"),
        SV("aab"),
        SV("aa\0b"),
        SV("aa\0"),
        SV("\0"),
        SV("\xff\xfe"),
        SV("\033[2J"),
        SV("\xc3\xa9t\xc3\xa9"),
        SV("prod"),
        SV("proD"),
        SV("prod-web"),
        SV("prod-web-1"),
        SV("x\"y"),
        SV("10"),
        SV("443"),
    };
    return words[dice_below(dice, ARRAY_LEN(words))];
}

static struct sv some_text(struct dice *dice, size_t max_words)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t n_words = dice_below(dice, max_words + 1);
    for (size_t i = 0; i < n_words; i++) {
        if (i > 0 && dice_one_in(dice, 2))
            buf_add_char(&text, "-_ A"[dice_below(dice, 4)]);
        buf_add(&text, some_word(dice));
    }
    if (dice_one_in(dice, 200)) {
        for (size_t i = dice_below(dice, 2000); i > 0; i--)
            buf_add_char(&text, 'a');
    }
    return (struct sv){mem_copy(buf_cstr(&text), text.len + 1), text.len};
}

static struct sv printed(const char *fmt, size_t number)
{
    char text[64];
    int len = snprintf(text, sizeof(text), fmt, number);
    return (struct sv){mem_copy(text, sizeof(text)), (size_t)len};
}

static struct sv some_severity(struct dice *dice)
{
    static const char *const names[] = {"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO", "low", "odd"};
    struct sv name = sv_of(names[dice_below(dice, ARRAY_LEN(names))]);
    return (struct sv){mem_copy(name.ptr, name.len + 1), name.len};
}

static struct sv some_tags(struct dice *dice)
{
    static const char *const names[] = {"env", "Env", "owner", "", "team"};
    AUTO(buf_done) struct buf text = BUF_NONE;
    for (size_t i = dice_below(dice, 4); i > 0; i--) {
        buf_addf(&text, "%s=", names[dice_below(dice, ARRAY_LEN(names))]);
        buf_add(&text, some_word(dice));
        buf_add_char(&text, ' ');
    }
    return (struct sv){mem_copy(buf_cstr(&text), text.len + 1), text.len};
}

static int64_t some_number(struct dice *dice)
{
    static const int64_t edges[] = {INT64_MIN, INT64_MAX, -1, 0, 1, 10, 443};
    if (dice_one_in(dice, 8))
        return edges[dice_below(dice, ARRAY_LEN(edges))];
    return (int64_t)dice_below(dice, 1000) - 200;
}

/* A time within 2026, which is what ISO 8601 and ages are about. */
static int64_t some_time(struct dice *dice)
{
    return INT64_C(1767225600000) + (int64_t)dice_below(dice, 365) * MS_PER_DAY;
}

static void roll_cells(struct world *world, struct cell *cells)
{
    struct dice *dice = &world->dice;
    cells[W_ID].text = printed("i-%zx", world->n_rows * 7919);
    cells[W_NAME].text = some_text(dice, 4);
    cells[W_TYPE].text = some_text(dice, 1);
    cells[W_ACCOUNT].text = printed("%012zu", dice_below(dice, 700));
    cells[W_SEVERITY].text = some_severity(dice);
    cells[W_RISK].text = some_severity(dice);
    cells[W_PORTS].number = some_number(dice);
    cells[W_SEEN].number = some_time(dice);
    cells[W_LEFT_S].number = (int64_t)dice_below(dice, 100) * 500;
    cells[W_OPEN].number = dice_one_in(dice, 2);
    cells[W_TAGS].text = some_tags(dice);
    for (size_t i = W_NAME; i < W_COLUMNS; i++)
        cells[i].absent = dice_one_in(dice, 10);
}

static bool is_number(size_t column)
{
    return column >= W_PORTS && column <= W_OPEN;
}

void world_grow(struct world *world, size_t n)
{
    for (; n > 0 && world->n_rows < world->n_room; n--) {
        struct cell *cells = world->rows[world->n_rows];
        roll_cells(world, cells);
        for (size_t i = 0; i < W_COLUMNS; i++) {
            if (cells[i].absent)
                continue;
            if (is_number(i))
                table_set_number(world->table, i, cells[i].number);
            else
                table_set_text(world->table, i, cells[i].text);
        }
        table_commit(world->table);
        world->n_rows++;
    }
    table_publish(world->table);
}
