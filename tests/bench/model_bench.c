/*
 * model_bench: how long filters and sorts take over many rows, and what the rows weigh.
 *
 *   model [--rows N] [--repeats N]   measures; prints one JSON document
 *   model --emit N                   prints the same rows as lines, for other programs to search
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/model/table.h"
#include "rows_gen.h"

#define PAGE_ROWS   1000
#define REPEATS_MAX 1000

/* Each is typed one key after the other: the last key is measured from scratch (cold) and from the
 * rows that the key before left (narrowing). */
static const char *const queries[] = {"d",
                                      "da",
                                      "dat",
                                      "data",
                                      "database-9",
                                      "database-99",
                                      "database-999",
                                      "zzzz",
                                      "q",
                                      "prod",
                                      "i-0",
                                      "eu-west-1",
                                      "non_compliant",
                                      "name:gateway",
                                      "e 1",
                                      "!d",
                                      "data !prod ec2",
                                      "~pdb9",
                                      "Dashboard",
                                      "type:=AWS::EC2::Volume"};

static const struct sort_order as_loaded = {.column = -1};

/* --- samples ------------------------------------------------------------------------------- */

/* What it took by the clock on the wall, and of the processor alone: when the two differ, something
 * else was running. */
struct samples {
    int64_t wall_us[REPEATS_MAX], cpu_us[REPEATS_MAX];
    size_t n;
};

static int64_t cpu_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sample_begin(struct samples *samples)
{
    samples->wall_us[samples->n] = clock_mono_us();
    samples->cpu_us[samples->n] = cpu_now_us();
}

static void sample_end(struct samples *samples)
{
    samples->cpu_us[samples->n] = cpu_now_us() - samples->cpu_us[samples->n];
    samples->wall_us[samples->n] = clock_mono_us() - samples->wall_us[samples->n];
    samples->n++;
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static double percentile_ms(int64_t *us, size_t n, size_t percent)
{
    qsort(us, n, sizeof(us[0]), by_size);
    return (double)us[(n - 1) * percent / 100] / 1000;
}

static void print_samples(const char *name, struct samples *samples)
{
    printf("\"%s\":{\"median_ms\":%.2f,\"p99_ms\":%.2f,\"cpu_median_ms\":%.2f}", name,
           percentile_ms(samples->wall_us, samples->n, 50),
           percentile_ms(samples->wall_us, samples->n, 99),
           percentile_ms(samples->cpu_us, samples->n, 50));
}

/* --- the table ----------------------------------------------------------------------------- */

static void append(struct table *table, size_t n)
{
    struct gen_row row;
    gen_row(n, &row);
    table_set_text(table, GEN_ID, sv_of(row.id));
    table_set_text(table, GEN_NAME, sv_of(row.name));
    table_set_text(table, GEN_TYPE, sv_of(row.type));
    table_set_text(table, GEN_ACCOUNT, sv_of(row.account));
    table_set_text(table, GEN_REGION, sv_of(row.region));
    table_set_text(table, GEN_STATUS, sv_of(row.status));
    table_set_number(table, GEN_TIME, row.time_ms);
    table_commit(table);
    if (n % PAGE_ROWS == PAGE_ROWS - 1)
        table_publish(table);
}

static void append_all(struct table *table, size_t n_rows)
{
    for (size_t n = 0; n < n_rows; n++)
        append(table, n);
    table_publish(table);
}

/* --- filters ------------------------------------------------------------------------------- */

static struct filter *parsed(const char *text)
{
    struct filter *filter = NULL;
    struct err err = ERR_NONE;
    if (filter_parse(sv_of(text), gen_columns, GEN_COLUMNS, &filter, &err) != OK) {
        fprintf(stderr, "model: %s: %s\n", text, err.message);
        exit(2);
    }
    return filter;
}

static size_t measure_filter(struct table *table, const struct filter *filter,
                             const struct projection *from, size_t n_repeats,
                             struct samples *samples)
{
    size_t n_hits = 0;
    for (samples->n = 0; samples->n < n_repeats;) {
        sample_begin(samples);
        struct projection *made = projection_make(table, filter, as_loaded, from, NULL);
        sample_end(samples);
        n_hits = projection_count(made);
        projection_unref(made);
    }
    return n_hits;
}

/* What was on the screen before the last key; all rows when that is no narrowing. */
static struct projection *project_before_last_key(struct table *table, const char *query,
                                                  const struct filter *filter)
{
    AUTO_FREE char *before = mem_strdup(query);
    before[strlen(before) - 1] = '\0';
    struct filter *wider = parsed(before);
    bool narrows = filter_narrows(wider, filter);
    struct projection *from = projection_make(table, narrows ? wider : NULL, as_loaded, NULL, NULL);
    filter_free(wider);
    return from;
}

static void bench_query(struct table *table, const char *query, size_t n_repeats)
{
    static struct samples samples;
    struct filter *filter = parsed(query);
    struct projection *from = project_before_last_key(table, query, filter);
    size_t n_hits = measure_filter(table, filter, NULL, n_repeats, &samples);
    printf("  {\"query\":\"%s\",\"hits\":%zu,", query, n_hits);
    print_samples("cold", &samples);
    if (measure_filter(table, filter, from, n_repeats, &samples) != n_hits)
        fprintf(stderr, "model: %s: narrowing and cold differ\n", query);
    printf(",\"from\":%zu,", projection_count(from));
    print_samples("narrow", &samples);
    printf("}");
    projection_unref(from);
    filter_free(filter);
}

static void bench_queries(struct table *table, size_t n_repeats)
{
    printf("\"filters\":[\n");
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        bench_query(table, queries[i], n_repeats);
        printf("%s\n", i + 1 < ARRAY_LEN(queries) ? "," : "");
    }
    printf("],\n");
}

/* --- sorts --------------------------------------------------------------------------------- */

static void bench_sorts(struct table *table, size_t n_repeats)
{
    static struct samples samples;
    printf("\"sorts\":[\n");
    for (int column = 0; column < GEN_COLUMNS; column++) {
        for (samples.n = 0; samples.n < n_repeats;) {
            struct sort_order order = {column, false};
            sample_begin(&samples);
            struct projection *made = projection_make(table, NULL, order, NULL, NULL);
            sample_end(&samples);
            projection_unref(made);
        }
        printf("  {\"column\":\"%s\",", gen_columns[column].id);
        print_samples("sort", &samples);
        printf("}%s\n", column + 1 < GEN_COLUMNS ? "," : "");
    }
    printf("],\n");
}

/* --- what a UI does between two frames, alone and while rows stream in ----------------------- */

/* A page of cells and the place of one identity. */
static void look(const struct projection *projection, size_t at)
{
    struct rows rows = projection_rows(projection);
    for (size_t row = at; row < at + 60 && row < rows.count; row++) {
        for (size_t column = 0; column < rows.n_columns; column++) {
            struct cell cell;
            rows.cell(&rows, row, column, &cell);
        }
    }
    (void)rows.find(&rows, rows.key(&rows, at));
}

static void measure_looks(const struct projection *projection, size_t n_repeats,
                          struct samples *samples)
{
    size_t at = 0;
    for (samples->n = 0; samples->n < n_repeats;) {
        at = (at + 7919 * 60) % projection_count(projection);
        sample_begin(samples);
        look(projection, at);
        sample_end(samples);
    }
}

struct stream {
    struct table *table;
    size_t first, n_rows;
};

static void *stream_rows(void *arg)
{
    const struct stream *stream = arg;
    for (size_t n = stream->first; n < stream->first + stream->n_rows; n++)
        append(stream->table, n);
    table_publish(stream->table);
    return NULL;
}

static void bench_looks(struct table *table, size_t n_rows)
{
    static struct samples samples;
    struct sort_order order = {GEN_NAME, false};
    struct projection *projection = projection_make(table, NULL, order, NULL, NULL);
    measure_looks(projection, REPEATS_MAX, &samples);
    printf("\"look\":{");
    print_samples("quiet", &samples);
    struct stream stream = {table, n_rows, n_rows / 10};
    pthread_t thread;
    pthread_create(&thread, NULL, stream_rows, &stream);
    measure_looks(projection, REPEATS_MAX, &samples);
    pthread_join(thread, NULL);
    printf(",");
    print_samples("streaming", &samples);
    int64_t start_us = clock_mono_us();
    struct projection *longer = projection_extend(projection, NULL, NULL);
    printf(",\"extend_by_a_tenth_ms\":%.2f},\n", (double)(clock_mono_us() - start_us) / 1000);
    projection_unref(longer);
    projection_unref(projection);
}

static double peak_rss_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

/* --- all of it ----------------------------------------------------------------------------- */

static void bench(size_t n_rows, size_t n_repeats)
{
    long rss_before_kib = os_rss_kib();
    struct table *table = table_new(gen_columns, GEN_COLUMNS);
    int64_t start_us = clock_mono_us();
    append_all(table, n_rows);
    printf("{\"rows\":%zu,\"build_ms\":%.0f,\n", n_rows,
           (double)(clock_mono_us() - start_us) / 1000);
    printf("\"distinct\":{");
    for (size_t i = GEN_TYPE; i <= GEN_STATUS; i++)
        printf("%s\"%s\":%zu", i > GEN_TYPE ? "," : "", gen_columns[i].id,
               table_distinct(table, i));
    printf("},\n\"table_mb\":%.1f,\"table_rss_mb\":%.1f,\n", (double)table_bytes(table) / 1e6,
           (double)(os_rss_kib() - rss_before_kib) * 1024 / 1e6);
    struct projection *all = projection_make(table, NULL, as_loaded, NULL, NULL);
    bench_queries(table, n_repeats);
    printf("\"rss_mb\":%.1f,\n", (double)os_rss_kib() * 1024 / 1e6);
    bench_sorts(table, n_repeats < 10 ? n_repeats : 10);
    printf("\"rss_after_sorts_mb\":%.1f,\"peak_rss_mb\":%.1f,\n", (double)os_rss_kib() * 1024 / 1e6,
           peak_rss_mb());
    bench_looks(table, n_rows);
    printf("\"peak_rss_streamed_mb\":%.1f}\n", peak_rss_mb());
    projection_unref(all);
    table_unref(table);
}

static void emit(size_t n_rows)
{
    char line[GEN_LINE_SIZE];
    for (size_t n = 0; n < n_rows; n++) {
        gen_line(n, line);
        puts(line);
    }
}

int main(int argc, char **argv)
{
    size_t n_rows = 1000000, n_repeats = 100;
    for (int i = 1; i + 1 < argc; i += 2) {
        size_t value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--emit") == 0) {
            emit(value);
            return 0;
        }
        if (strcmp(argv[i], "--rows") == 0)
            n_rows = value;
        if (strcmp(argv[i], "--repeats") == 0)
            n_repeats = value < REPEATS_MAX ? value : REPEATS_MAX;
    }
    bench(n_rows, n_repeats);
    return 0;
}
