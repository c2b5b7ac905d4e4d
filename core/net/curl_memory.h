/* curl_memory: libcurl's memory is wiped before it is given back: its headers hold session tokens,
 * its buffers hold whatever secret has come through them. */
#ifndef CORE_NET_CURL_MEMORY_H
#define CORE_NET_CURL_MEMORY_H

/* In the place of curl_global_init, before any other call of libcurl; undone by
 * curl_global_cleanup. */
void curl_memory_init(void);

#endif
