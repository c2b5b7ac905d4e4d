#include "tests/unit/screens/helper_echo.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* arg: the connection, which is closed. */
static void *give_back(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char bytes[16384];

    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        for (ssize_t at = 0, sent; at < n; at += sent) {
            sent = send(fd, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
            if (sent <= 0)
                break;
        }
    }
    close(fd);
    return NULL;
}

/* Each connection has a thread: in which order several arrive is nobody's promise. */
static void *serve(void *arg)
{
    struct echo *echo = arg;

    for (int fd; (fd = accept(echo->fd, NULL, NULL)) >= 0;) {
        pthread_t thread;
        pthread_create(&thread, NULL, give_back, (void *)(intptr_t)fd);
        pthread_detach(thread);
    }
    return NULL;
}

void echo_start(struct echo *echo)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    echo->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(echo->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(echo->fd, 16), 0);
    getsockname(echo->fd, (struct sockaddr *)&address, &len);
    echo->port = ntohs(address.sin_port);
    pthread_create(&echo->thread, NULL, serve, echo);
}

void echo_stop(struct echo *echo)
{
    shutdown(echo->fd, SHUT_RDWR);
    pthread_join(echo->thread, NULL);
    close(echo->fd);
}
