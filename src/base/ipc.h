/*
 * Messages between our own processes: a length (u32) and that many bytes over a Unix stream socket, answers
 * in order. Only processes of our own user are served. Messages may carry keys: their memory is wiped with
 * its arena.
 */
#pragma once
#include "base/buf.h"
#include "base/error.h"

enum { IPC_MESSAGE_MAX = 256 * 1024 };

/*
 * A message to be filled with the writers of base/buf.h, of at most `max` bytes. Its memory is taken whole at
 * the start, so that growing leaves no copy behind.
 */
struct buf ipc_message(struct arena *a, size_t max);

/* An answer tells for each operation whether it was done; what was done is followed by its result. */
void ipc_write_done(struct buf *answer);
/* `start`: where the operation's part of the answer began; what was written since then is replaced. */
void ipc_write_failed(struct buf *answer, size_t start, const struct error *e);
/* True for done; else the error as the other side made it. */
bool ipc_read_outcome(struct reader *answer, struct error *e);
/* True if the answer was read to its end, and no further. */
bool ipc_read_end(const struct reader *answer, struct error *e);

struct ipc_client;

/*
 * Connects at the first call (to be made after the last fork), and again when the other side was started
 * anew. `unavailable` is the error of a call that got no answer.
 */
struct ipc_client *ipc_client_new(struct arena *a, const char *path, enum error_id unavailable);
/*
 * Sends a message and waits for its answer. If the other side dies meanwhile, the request is repeated, so
 * every request must allow that; a time-out is final.
 */
bool ipc_call(struct ipc_client *c, struct arena *a, struct buf *request, int timeout_ms,
              struct reader *answer, struct error *e);

/* Binds and listens, mode 0600; what a dead process left at that path is removed. */
bool ipc_listen(const char *path, int *listen_fd, struct error *e);

struct ipc_server {
    int listen_fd;
    /* Reads one request and fills its answer. False for garbage: the client is dropped without an answer. */
    bool (*answer)(void *context, struct arena *a, struct reader *request, struct buf *answer);
    void *context;
    /* Called when everything is set up, before the first request; may be NULL. */
    void (*ready)(void *ready_context);
    void *ready_context;
    /* Each client has a process of its own, which ends with it, and holds up nobody else. `context` is then
     * what it was at the fork. */
    bool forks;
};

/* Serves up to 64 clients in turn, one message each, until SIGTERM; an exit status. */
int ipc_serve(const struct ipc_server *server);
