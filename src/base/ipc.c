/* Messages between our own processes: framing, the client that comes back, the server's loop. */
#include "base/ipc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEADER = sizeof(uint32_t), CLIENTS_MAX = 64, BACKLOG = 64 };
enum { ATTEMPTS = 3, CONNECT_MS = 5000, CONNECT_PAUSE_MS = 20 };
enum { OUTCOME_FAILED, OUTCOME_DONE };

/* ---- messages ---- */

struct buf ipc_message(struct arena *a, size_t max) {
    struct secret *memory = secret_new(a, NULL, HEADER + max);
    return (struct buf){
        .arena = a,
        .p = (char *)secret_bytes(memory),
        .len = HEADER,
        .cap = HEADER + max + 1, /* a secret has a NUL behind its end */
        .max = HEADER + max,
    };
}

static void write_header(struct buf *message) {
    uint32_t len = htobe32((uint32_t)(message->len - HEADER));
    memcpy(message->p, &len, HEADER);
}

void ipc_write_done(struct buf *answer) {
    buf_u8(answer, OUTCOME_DONE);
}

void ipc_write_failed(struct buf *answer, size_t start, const struct error *e) {
    answer->len = start;
    buf_u8(answer, OUTCOME_FAILED);
    buf_bytes(answer, slice_str(error_row(e->id)->code));
    buf_bytes(answer, slice_str(e->field));
    for (int lang = 0; lang < LANG_COUNT; lang++)
        buf_bytes(answer, slice_str(e->detail[lang]));
}

static bool fail_garbled(struct error *e) {
    return fail(e, ERR_INTERNAL, "an answer between two processes cannot be read", "无法解析进程间的应答");
}

bool ipc_read_outcome(struct reader *answer, struct error *e) {
    if (read_u8(answer) == OUTCOME_DONE)
        return true;
    AUTO_ARENA a = arena_new();
    error_clear(e);
    enum error_id id = error_by_code(read_str(answer, a));
    snprintf(e->field, sizeof e->field, "%s", read_str(answer, a));
    for (int lang = 0; lang < LANG_COUNT; lang++)
        snprintf(e->detail[lang], sizeof e->detail[lang], "%s", read_str(answer, a));
    e->id = id;
    return answer->bad || id == ERR_NONE ? fail_garbled(e) : false;
}

bool ipc_read_end(const struct reader *answer, struct error *e) {
    return answer->bad || answer->rest.len ? fail_garbled(e) : true;
}

/* ---- bytes on their way ---- */

/* A run of bytes of which a part has been moved; what is missing can follow later. */
struct transfer {
    uint8_t *p;
    size_t len, done;
};

enum progress { PROGRESS_DONE, PROGRESS_WAIT, PROGRESS_GONE, PROGRESS_LATE };

typedef enum progress mover(int fd, struct transfer *t);

static enum progress progress_after(ssize_t n, struct transfer *t) {
    if (n > 0)
        t->done += (size_t)n;
    if (n > 0 || (n < 0 && errno == EINTR))
        return PROGRESS_DONE;
    return n < 0 && errno == EAGAIN ? PROGRESS_WAIT : PROGRESS_GONE;
}

static enum progress receive(int fd, struct transfer *t) {
    enum progress progress = PROGRESS_DONE;
    while (t->done < t->len && progress == PROGRESS_DONE)
        progress = progress_after(recv(fd, t->p + t->done, t->len - t->done, 0), t);
    return progress;
}

static enum progress transmit(int fd, struct transfer *t) {
    enum progress progress = PROGRESS_DONE;
    while (t->done < t->len && progress == PROGRESS_DONE)
        progress = progress_after(send(fd, t->p + t->done, t->len - t->done, MSG_NOSIGNAL), t);
    return progress;
}

/* ---- client ---- */

struct ipc_client {
    const char *path;
    enum error_id unavailable;
    int fd;
};

static void disconnect(void *object) {
    struct ipc_client *c = object;
    close_auto(&c->fd);
    c->fd = -1;
}

struct ipc_client *ipc_client_new(struct arena *a, const char *path, enum error_id unavailable) {
    struct ipc_client *c = ARENA_NEW(a, struct ipc_client);
    *c = (struct ipc_client){.path = arena_strdup(a, path), .unavailable = unavailable, .fd = -1};
    arena_defer(a, disconnect, c);
    return c;
}

static bool address_of(const char *path, struct sockaddr_un *address, struct error *e) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof address->sun_path)
        return fail(e, ERR_BAD_CONFIG, "the path of the socket %s is longer than %zu bytes",
                    "套接字路径 %s 超过 %zu 字节", path, sizeof address->sun_path - 1);
    memcpy(address->sun_path, path, len);
    return true;
}

/* One try. Not being there yet is no error, but a reason to try again. */
static bool try_connect(struct ipc_client *c, const struct sockaddr_un *address) {
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd >= 0 && connect(c->fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return true;
    int reason = errno;
    disconnect(c);
    errno = reason;
    return false;
}

/* While the other side is started anew, its listening socket is either open, and holds us, or absent. */
static bool connect_until(struct ipc_client *c, int64_t deadline, struct error *e) {
    struct sockaddr_un address;
    if (!address_of(c->path, &address, e))
        return false;
    while (!try_connect(c, &address)) {
        if (clock_monotonic_ms() >= deadline)
            return fail_errno(e, c->unavailable, c->path);
        usleep(CONNECT_PAUSE_MS * 1000);
    }
    return true;
}

static enum progress move_until(mover *move, int fd, struct transfer t, int64_t deadline) {
    for (;;) {
        enum progress progress = move(fd, &t);
        if (progress != PROGRESS_WAIT)
            return progress;
        int64_t left = deadline - clock_monotonic_ms();
        struct pollfd p = {.fd = fd, .events = move == receive ? POLLIN : POLLOUT};
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return PROGRESS_LATE;
    }
}

static enum progress exchange(struct ipc_client *c, struct arena *a, const struct buf *request,
                              int64_t deadline, struct reader *answer) {
    uint8_t header[HEADER];
    struct transfer out = {.p = (uint8_t *)request->p, .len = request->len};
    enum progress progress = move_until(transmit, c->fd, out, deadline);
    if (progress == PROGRESS_DONE)
        progress = move_until(receive, c->fd, (struct transfer){.p = header, .len = HEADER}, deadline);
    if (progress != PROGRESS_DONE)
        return progress;
    struct reader r = {.rest = slice_of(header, HEADER)};
    size_t len = read_u32(&r);
    if (len > IPC_MESSAGE_MAX)
        return PROGRESS_GONE;
    struct secret *body = secret_new(a, NULL, len);
    *answer = (struct reader){.rest = secret_slice(body)};
    return move_until(receive, c->fd, (struct transfer){.p = secret_bytes(body), .len = len}, deadline);
}

bool ipc_call(struct ipc_client *c, struct arena *a, struct buf *request, int timeout_ms,
              struct reader *answer, struct error *e) {
    if (request->overflow)
        return fail(e, ERR_BODY_TOO_LARGE, "a request between two processes is too large",
                    "进程间的请求过大");
    write_header(request);
    int64_t start = clock_monotonic_ms();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (c->fd < 0 && !connect_until(c, start + CONNECT_MS, e))
            return false;
        enum progress progress = exchange(c, a, request, start + timeout_ms, answer);
        if (progress == PROGRESS_DONE)
            return true;
        disconnect(c); /* a late answer must not be taken for that of the next request */
        if (progress == PROGRESS_LATE)
            return fail(e, c->unavailable, "%s gave no answer within %d ms", "%s 在 %d 毫秒内没有应答",
                        c->path, timeout_ms);
    }
    return fail(e, c->unavailable, "%s closed the connection %d times", "%s 关闭了连接 %d 次", c->path,
                ATTEMPTS);
}

/* ---- server ---- */

struct client {
    int fd;              /* -1: this place is free */
    struct arena *arena; /* of the message under way */
    uint8_t header[HEADER];
    struct transfer in_header, in_body, out;
};

struct service {
    const struct ipc_server *server;
    struct buf answer; /* taken once: memory of that size is costly to wipe for each message */
    uid_t own_uid;     /* asked before the sandbox closes */
    int stop_fd;
    bool alone; /* the process of one client: no other is taken */
    struct client clients[CLIENTS_MAX];
};

bool ipc_listen(const char *path, int *listen_fd, struct error *e) {
    struct sockaddr_un address;
    struct stat st;
    if (!address_of(path, &address, e))
        return false;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    if (!bound || listen(fd, BACKLOG) < 0)
        return fail_errno(e, ERR_SYSTEM, path);
    *listen_fd = fd;
    fd = -1;
    return true;
}

/* Ready for the next message; wipes the last one. */
static void client_begin(struct client *c) {
    arena_reset(c->arena);
    c->in_header = (struct transfer){.p = c->header, .len = HEADER};
    c->in_body = c->out = (struct transfer){0};
}

static void client_drop(struct client *c) {
    close_auto(&c->fd);
    arena_free(c->arena);
    *c = (struct client){.fd = -1};
}

static bool serve_round(struct service *s, int stop_fd);

/* It knows no other client, and dies with the process that accepts them. */
static _Noreturn void serve_alone(struct service *s, int fd, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    signal(SIGCHLD, SIG_DFL);
    s->alone = true;
    s->clients[0] = (struct client){.fd = fd, .arena = arena_new()};
    client_begin(&s->clients[0]);
    while (s->clients[0].fd >= 0 && serve_round(s, s->stop_fd))
        ;
    _exit(EXIT_SUCCESS);
}

/* Who finds no process is dropped, and tries again. */
static void client_fork(struct service *s, int fd) {
    pid_t parent = getpid();
    if (fork() == 0)
        serve_alone(s, fd, parent);
    close(fd);
}

static void client_accept(struct service *s, struct client *c) {
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    int fd = accept4(s->server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return; /* it has gone again */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != s->own_uid) {
        log_event(LOG_WARNING, "client of another user refused", LOG_I("uid", peer.uid));
        close(fd);
        return;
    }
    if (s->server->forks) {
        client_fork(s, fd);
        return;
    }
    *c = (struct client){.fd = fd, .arena = arena_new()};
    client_begin(c);
}

static enum progress receive_header(struct client *c) {
    enum progress progress = receive(c->fd, &c->in_header);
    if (progress != PROGRESS_DONE)
        return progress;
    struct reader r = {.rest = slice_of(c->header, HEADER)};
    size_t len = read_u32(&r);
    if (len == 0 || len > IPC_MESSAGE_MAX)
        return PROGRESS_GONE;
    c->in_body = (struct transfer){.p = secret_bytes(secret_new(c->arena, NULL, len)), .len = len};
    return PROGRESS_DONE;
}

static enum progress make_answer(struct service *s, struct client *c) {
    s->answer.len = HEADER;
    s->answer.arena = c->arena;
    s->answer.overflow = false;
    struct reader request = {.rest = slice_of(c->in_body.p, c->in_body.len)};
    bool good = s->server->answer(s->server->context, c->arena, &request, &s->answer) && !s->answer.overflow;
    write_header(&s->answer);
    struct secret *copy = secret_new(c->arena, s->answer.p, s->answer.len);
    explicit_bzero(s->answer.p, s->answer.len);
    c->out = (struct transfer){.p = secret_bytes(copy), .len = s->answer.len};
    return good ? PROGRESS_DONE : PROGRESS_GONE;
}

/* Goes on where this client's message stands, to its end at most. */
static enum progress client_step(struct service *s, struct client *c) {
    enum progress progress = PROGRESS_DONE;
    if (!c->in_body.p)
        progress = receive_header(c);
    if (progress == PROGRESS_DONE && !c->out.p)
        progress = receive(c->fd, &c->in_body);
    if (progress == PROGRESS_DONE && !c->out.p)
        progress = make_answer(s, c);
    if (progress == PROGRESS_DONE)
        progress = transmit(c->fd, &c->out);
    if (progress == PROGRESS_DONE)
        client_begin(c);
    return progress;
}

/*
 * A client that has hung up is not served any more, even if its request is there: whoever gave up waiting may
 * have asked for something else since then, and must not be overtaken by what it asked for before.
 */
static void client_serve(struct service *s, struct client *c, short events) {
    if (!(events & (POLLHUP | POLLERR)) && client_step(s, c) != PROGRESS_GONE)
        return;
    if (c->in_header.done)
        log_event(LOG_WARNING, "client dropped in the middle of a message");
    client_drop(c);
}

static struct client *free_place(struct service *s) {
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (s->clients[i].fd < 0)
            return &s->clients[i];
    return NULL;
}

/* False when it is time to end. */
static bool serve_round(struct service *s, int stop_fd) {
    struct client *place = s->alone ? NULL : free_place(s);
    struct pollfd polls[CLIENTS_MAX + 2];
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        polls[i] = (struct pollfd){.fd = s->clients[i].fd, .events = s->clients[i].out.p ? POLLOUT : POLLIN};
    struct pollfd *stop = &polls[CLIENTS_MAX], *listener = stop + 1;
    *stop = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    *listener = (struct pollfd){.fd = place ? s->server->listen_fd : -1, .events = POLLIN};
    if (poll(polls, CLIENTS_MAX + 2, -1) < 0)
        return errno == EINTR;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (polls[i].revents)
            client_serve(s, &s->clients[i], polls[i].revents);
    if (listener->revents)
        client_accept(s, place);
    return !stop->revents;
}

/* Ctrl-C reaches all processes of the terminal: the supervisor alone decides what it means. */
static int stop_signal_fd(void) {
    sigset_t blocked, stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    blocked = stop;
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    return signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

int ipc_serve(const struct ipc_server *server) {
    AUTO_ARENA a = arena_new();
    AUTO_FD stop_fd = stop_signal_fd();
    struct service *s = ARENA_NEW(a, struct service);
    *s = (struct service){.server = server,
                          .answer = ipc_message(a, IPC_MESSAGE_MAX),
                          .own_uid = geteuid(),
                          .stop_fd = stop_fd};
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        s->clients[i].fd = -1;
    if (stop_fd < 0 || fcntl(server->listen_fd, F_SETFL, O_NONBLOCK) < 0)
        return EXIT_FAILURE;
    if (server->forks)
        signal(SIGCHLD, SIG_IGN); /* nobody waits for the processes of the clients */
    if (server->ready)
        server->ready(server->ready_context);
    while (serve_round(s, stop_fd))
        ;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        client_drop(&s->clients[i]);
    return EXIT_SUCCESS;
}
