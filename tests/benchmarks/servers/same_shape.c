/* The same threads and the same queues as msgproxy, in C: what the shape costs without Python.

   Each client has a reader thread and a writer thread; a broker thread reads one inbound queue and
   puts on the outbound queues; `take_all` takes everything that waits. One mutex and one condition
   for each queue. There is no limit, no ping and no stop, and a message that does not fit into the
   buffer ends its connection: the program is here to be measured, and only that.
   The broker puts message by message; msgproxy's puts a batch once for each client. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "handshake.h"

enum { AT_ONCE = 64, RECV_SIZE = 256 * 1024, STACK = 64 * 1024 };

/* A frame for clients, held by everyone who still has to send it. */
struct frame {
    atomic_int holders;
    size_t size;
    unsigned char bytes[];
};

struct client;

/* What has happened: a client has joined, has said something, or (without a frame) has left. */
struct event {
    enum { JOINED, RECEIVED, LEFT } kind;
    struct client *client;
    struct frame *frame;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    struct event *waiting;
    size_t count, room;
};

struct client {
    int socket;
    atomic_int threads; /* that still use it; the last one frees it */
    struct queue outbound;
};

static struct queue inbound;

static void init(struct queue *queue) {
    memset(queue, 0, sizeof *queue);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
}

static void put(struct queue *queue, struct event event) {
    pthread_mutex_lock(&queue->lock);
    if (queue->count == queue->room) {
        queue->room = queue->room ? 2 * queue->room : 8;
        queue->waiting = realloc(queue->waiting, queue->room * sizeof event);
    }
    queue->waiting[queue->count++] = event;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}

/* Wait until something is there, and take all of it. `taken` is given in exchange, empty. */
static size_t take_all(struct queue *queue, struct event **taken, size_t *room) {
    pthread_mutex_lock(&queue->lock);
    while (!queue->count)
        pthread_cond_wait(&queue->not_empty, &queue->lock);
    struct event *all = queue->waiting;
    size_t count = queue->count, all_room = queue->room;
    queue->waiting = *taken, queue->room = *room, queue->count = 0;
    *taken = all, *room = all_room;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

static void let_go(struct frame *frame) {
    if (atomic_fetch_sub(&frame->holders, 1) == 1)
        free(frame);
}

static void leave(struct client *client) {
    if (atomic_fetch_sub(&client->threads, 1) == 1) {
        close(client->socket);
        free(client->outbound.waiting);
        free(client);
    }
}

/* Start a thread that nobody joins. */
static void start(void *(*run)(void *), void *argument) {
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &small, run, argument);
    pthread_attr_destroy(&small);
}

/* The writer: sends what is put on the outbound queue, as much as there is in one call. */

static int send_all(int socket, struct iovec *pieces, int count) {
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    while (message.msg_iovlen) {
        ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0)
            return 0;
        while (message.msg_iovlen && (size_t)sent >= message.msg_iov->iov_len)
            sent -= message.msg_iov->iov_len, message.msg_iov++, message.msg_iovlen--;
        if (message.msg_iovlen) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
            message.msg_iov->iov_len -= sent;
        }
    }
    return 1;
}

static void *write_loop(void *argument) {
    struct client *client = argument;
    struct event *taken = NULL;
    size_t room = 0;
    for (int is_open = 1, is_over = 0; !is_over;) {
        size_t count = take_all(&client->outbound, &taken, &room);
        for (size_t first = 0; first < count; first += AT_ONCE) {
            struct iovec pieces[AT_ONCE];
            int used = 0;
            for (size_t i = first; i < count && i < first + AT_ONCE; i++) {
                if (taken[i].frame)
                    pieces[used++] = (struct iovec){taken[i].frame->bytes, taken[i].frame->size};
                else
                    is_over = 1;
            }
            is_open = is_open && send_all(client->socket, pieces, used);
            for (size_t i = first; i < count && i < first + AT_ONCE; i++)
                if (taken[i].frame)
                    let_go(taken[i].frame);
        }
    }
    shutdown(client->socket, SHUT_RDWR);
    free(taken);
    leave(client);
    return NULL;
}

/* The reader: shakes hands, and puts what the client says on the inbound queue. */

static struct frame *encode(int opcode, const unsigned char *payload, size_t size,
                            const unsigned char *mask) {
    struct frame *frame = malloc(sizeof *frame + size + 10);
    unsigned char *to = frame->bytes;
    *to++ = 0x80 | opcode;
    if (size < 126) {
        *to++ = size;
    } else if (size < 65536) {
        *to++ = 126, *to++ = size >> 8, *to++ = size;
    } else {
        *to++ = 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            *to++ = (uint64_t)size >> shift;
    }
    for (size_t i = 0; i < size; i++)
        to[i] = payload[i] ^ mask[i & 3];
    frame->size = to - frame->bytes + size;
    atomic_init(&frame->holders, 1);
    return frame;
}

/* Take one whole frame; return how many bytes it had: 0 if it is not all there. */
static size_t take_frame(struct client *client, const unsigned char *bytes, size_t have, int *end) {
    if (have < 6)
        return 0;
    int opcode = bytes[0] & 15;
    size_t size = bytes[1] & 127, head = 2;
    if (size >= 126) {
        int digits = size == 126 ? 2 : 8;
        if (have < (size_t)digits + 6)
            return 0;
        for (size = 0; head < (size_t)digits + 2; head++)
            size = size << 8 | bytes[head];
    }
    if (have < head + 4 + size)
        return 0;
    if (opcode == 1 || opcode == 2)
        put(&inbound, (struct event){RECEIVED, client,
                                     encode(opcode, bytes + head + 4, size, bytes + head)});
    *end = opcode == 8;
    if (*end)
        put(&client->outbound, (struct event){RECEIVED, client, encode(8, bytes + head + 4, size,
                                                                      bytes + head)});
    return head + 4 + size;
}

static void *read_loop(void *argument) {
    struct client *client = argument;
    if (!shake_hands(client->socket)) {
        leave(client);
        return NULL;
    }
    atomic_store(&client->threads, 2);
    start(write_loop, client);
    put(&inbound, (struct event){JOINED, client, NULL});
    unsigned char *buffer = malloc(RECV_SIZE);
    size_t have = 0;
    for (int end = 0; !end;) {
        ssize_t got = recv(client->socket, buffer + have, RECV_SIZE - have, 0);
        if (got <= 0)
            break;
        have += got;
        size_t used = 0, taken;
        while (!end && (taken = take_frame(client, buffer + used, have - used, &end)))
            used += taken;
        memmove(buffer, buffer + used, have -= used);
    }
    free(buffer);
    put(&inbound, (struct event){LEFT, client, NULL});
    leave(client);
    return NULL;
}

/* The broker: owns the list of clients, and puts each message on the queues of the others. */

static void *broker(void *_) {
    struct client **clients = NULL;
    size_t joined = 0, room = 0;
    struct event *taken = NULL;
    for (;;) {
        size_t count = take_all(&inbound, &taken, &room);
        for (size_t i = 0; i < count; i++) {
            struct event event = taken[i];
            if (event.kind == JOINED) {
                clients = realloc(clients, (joined + 1) * sizeof *clients);
                clients[joined++] = event.client;
            } else if (event.kind == LEFT) {
                for (size_t n = 0; n < joined; n++)
                    if (clients[n] == event.client)
                        clients[n--] = clients[--joined];
                put(&event.client->outbound, (struct event){LEFT, event.client, NULL});
            } else {
                atomic_fetch_add(&event.frame->holders, joined);
                for (size_t n = 0; n < joined; n++) {
                    if (clients[n] == event.client)
                        let_go(event.frame);
                    else
                        put(&clients[n]->outbound, event);
                }
                let_go(event.frame);
            }
        }
    }
    return _;
}

int main(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    bind(listener, (struct sockaddr *)&here, size);
    listen(listener, 1024);
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("ready: http://127.0.0.1:%d/\n", ntohs(here.sin_port));
    fflush(stdout);
    init(&inbound);
    start(broker, NULL);
    for (int socket; (socket = accept(listener, NULL, NULL)) >= 0;) {
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct client *client = malloc(sizeof *client);
        client->socket = socket;
        atomic_init(&client->threads, 1);
        init(&client->outbound);
        start(read_loop, client);
    }
    return 1;
}
