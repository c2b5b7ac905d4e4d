#include "tests/unit/screens/helper_echo.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void *give_back(void *arg)
{
    struct echo *echo = arg;
    char bytes[65536];

    for (int fd; (fd = accept(echo->fd, NULL, NULL)) >= 0; close(fd)) {
        for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
            for (ssize_t at = 0, sent; at < n; at += sent) {
                sent = send(fd, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
                if (sent <= 0)
                    break;
            }
        }
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
    pthread_create(&echo->thread, NULL, give_back, echo);
}

void echo_stop(struct echo *echo)
{
    shutdown(echo->fd, SHUT_RDWR);
    pthread_join(echo->thread, NULL);
    close(echo->fd);
}
