/*
 * bare: what the same work costs without a console: libcurl with its own signer, cJSON, nothing
 * else. A floor to stand beside.
 *
 *   bare calls N IN_FLIGHT    N calls of DescribeConfigurationRecorders, replies thrown away
 *   bare rows AGGREGATOR      every recorded resource, on one chain of page tokens, kept in memory
 *
 * AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY. Prints a line of JSON.
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define IN_FLIGHT_MAX 256

struct text {
    char *ptr;
    size_t len, size;
};

static void text_add(struct text *text, const char *bytes, size_t len)
{
    if (text->len + len + 1 > text->size) {
        text->size = 2 * (text->len + len + 1);
        text->ptr = realloc(text->ptr, text->size);
        if (text->ptr == NULL)
            abort();
    }
    memcpy(text->ptr + text->len, bytes, len);
    text->len += len;
    text->ptr[text->len] = '\0';
}

static size_t keep_body(char *bytes, size_t size, size_t n, void *arg)
{
    text_add(arg, bytes, size * n);
    return size * n;
}

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* --- requests -------------------------------------------------------------------------------- */

struct request {
    CURL *curl;
    struct curl_slist *headers;
    struct text reply;
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "bare: %s is not set\n", name);
        exit(2);
    }
    return value;
}

static void request_init(struct request *request, const char *operation)
{
    char line[256];
    *request = (struct request){.curl = curl_easy_init()};
    snprintf(line, sizeof line, "X-Amz-Target: StarlingDoveService.%s", operation);
    request->headers = curl_slist_append(NULL, line);
    request->headers =
        curl_slist_append(request->headers, "Content-Type: application/x-amz-json-1.1");
    request->headers = curl_slist_append(request->headers, "Expect:");
    curl_easy_setopt(request->curl, CURLOPT_URL, variable("AWS_ENDPOINT_URL"));
    curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, request->headers);
    snprintf(line, sizeof line, "aws:amz:%s:config", variable("AWS_REGION"));
    curl_easy_setopt(request->curl, CURLOPT_AWS_SIGV4, line);
    snprintf(line, sizeof line, "%s:%s", variable("AWS_ACCESS_KEY_ID"),
             variable("AWS_SECRET_ACCESS_KEY"));
    curl_easy_setopt(request->curl, CURLOPT_USERPWD, line);
    curl_easy_setopt(request->curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(request->curl, CURLOPT_WRITEDATA, &request->reply);
    curl_easy_setopt(request->curl, CURLOPT_PRIVATE, request);
}

static void request_done(struct request *request)
{
    curl_easy_cleanup(request->curl);
    curl_slist_free_all(request->headers);
    free(request->reply.ptr);
}

static bool has_succeeded(const struct request *request)
{
    long status = 0;
    curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 200;
}

/* --- many calls ------------------------------------------------------------------------------ */

/* Takes up what has ended: each goes round again until enough have been begun. */
static void turn_over(CURLM *multi, long *left, long *n_ok)
{
    CURLMsg *message;
    int queued;
    while ((message = curl_multi_info_read(multi, &queued)) != NULL) {
        struct request *request;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
        *n_ok += has_succeeded(request);
        request->reply.len = 0;
        curl_multi_remove_handle(multi, request->curl);
        if (*left > 0) {
            --*left;
            curl_multi_add_handle(multi, request->curl);
        }
    }
}

static long call_many(long n, int in_flight)
{
    static struct request requests[IN_FLIGHT_MAX];
    CURLM *multi = curl_multi_init();
    long left = n, n_ok = 0;
    int running = 0;
    for (int i = 0; i < in_flight; i++) {
        request_init(&requests[i], "DescribeConfigurationRecorders");
        curl_easy_setopt(requests[i].curl, CURLOPT_POSTFIELDS, "{}");
        if (left-- > 0)
            curl_multi_add_handle(multi, requests[i].curl);
    }
    do {
        curl_multi_perform(multi, &running);
        turn_over(multi, &left, &n_ok);
        curl_multi_perform(multi, &running);
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running > 0);
    turn_over(multi, &left, &n_ok);
    for (int i = 0; i < in_flight; i++)
        request_done(&requests[i]);
    curl_multi_cleanup(multi);
    return n_ok;
}

/* --- all rows -------------------------------------------------------------------------------- */

static void keep_row(struct text *rows, const cJSON *row)
{
    static const char *const members[] = {"accountId", "awsRegion", "resourceType", "resourceId",
                                          "resourceName"};
    const cJSON *tag;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, members[i]));
        text_add(rows, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
    }
    cJSON_ArrayForEach (tag, cJSON_GetObjectItemCaseSensitive(row, "tags")) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tag, "tag"));
        text_add(rows, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
    }
    text_add(rows, "\n", 1);
}

/* Returns the rows of a page; *token (freed first) becomes the next one, NULL behind the last. */
static long take_page(const char *body, struct text *rows, char **token)
{
    cJSON *page = cJSON_Parse(body);
    const cJSON *result, *next = cJSON_GetObjectItemCaseSensitive(page, "NextToken");
    long n = 0;
    cJSON_ArrayForEach (result, cJSON_GetObjectItemCaseSensitive(page, "Results")) {
        cJSON *row = cJSON_Parse(result->valuestring);
        keep_row(rows, row);
        cJSON_Delete(row);
        n++;
    }
    free(*token);
    *token = cJSON_IsString(next) ? strdup(next->valuestring) : NULL;
    cJSON_Delete(page);
    return n;
}

static long read_rows(const char *aggregator)
{
    struct request request;
    struct text rows = {0};
    char *token = NULL, body[4096];
    long n = 0;
    request_init(&request, "SelectAggregateResourceConfig");
    do {
        snprintf(body, sizeof body,
                 "{\"Expression\":\"SELECT accountId, awsRegion, resourceType, resourceId, "
                 "resourceName, tags\",\"ConfigurationAggregatorName\":\"%s\",\"Limit\":100"
                 "%s%s%s}",
                 aggregator, token != NULL ? ",\"NextToken\":\"" : "", token != NULL ? token : "",
                 token != NULL ? "\"" : "");
        curl_easy_setopt(request.curl, CURLOPT_POSTFIELDS, body);
        request.reply.len = 0;
        if (curl_easy_perform(request.curl) != CURLE_OK || !has_succeeded(&request)) {
            fprintf(stderr, "bare: %s\n", request.reply.ptr != NULL ? request.reply.ptr : "?");
            exit(1);
        }
        n += take_page(request.reply.ptr, &rows, &token);
    } while (token != NULL);
    free(rows.ptr);
    request_done(&request);
    return n;
}

int main(int argc, char **argv)
{
    double began_s = now_s();
    struct rusage used;
    long n;
    if (argc == 4 && strcmp(argv[1], "calls") == 0) {
        long in_flight = strtol(argv[3], NULL, 10);
        n = call_many(strtol(argv[2], NULL, 10),
                      in_flight < IN_FLIGHT_MAX ? (int)in_flight : IN_FLIGHT_MAX);
    } else if (argc == 3 && strcmp(argv[1], "rows") == 0) {
        n = read_rows(argv[2]);
    } else {
        fprintf(stderr, "usage: bare calls N IN_FLIGHT | bare rows AGGREGATOR\n");
        return 2;
    }
    getrusage(RUSAGE_SELF, &used);
    printf("{\"n\":%ld,\"wall_s\":%.3f,\"cpu_s\":%.3f,\"rss_mb\":%.1f}\n", n, now_s() - began_s,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
           (double)used.ru_maxrss * 1024 / 1e6);
    return 0;
}
