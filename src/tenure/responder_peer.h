/* Connections of the responder: DNS by TCP, and TLS. Internal to responder*.c. */
#pragma once
#include "dns/serve.h"
#include "pki/challenge_tls.h"
#include "tenure/responder.h"

enum { PEERS_MAX = 128, PEERS_OF_NETWORK = 32, PEER_MS = 8000 };

/* A connection, with its deadline. All of one client's questions by TCP share one. */
struct peer {
    int fd; /* -1: free */
    int64_t deadline_ms;
    uint64_t network;                  /* where it comes from */
    struct challenge_session *session; /* TLS; NULL: DNS */
    uint8_t in[2 + DNS_QUERY_MAX];
    size_t in_len;
    uint8_t *out; /* an answer that was not sent yet */
    size_t out_len, out_sent;
};

struct responder {
    const struct services *services;
    const struct responder_settings *settings;
    int epoll_fd;
    int udp_fd, tcp_fd, tls_fd; /* -1: nothing listens there */
    struct server *http;        /* or NULL */
    struct challenge_tls *tls;
    struct dns_served served;
    struct peer *peers;
    uint32_t seed; /* of the table of clients */
    struct client_rate *rates;
    int64_t now;
};

/* One message of DNS, by UDP or TCP. */
bool responder_answer(struct responder *r, struct arena *a, struct slice message, bool tcp, bool curt,
                      struct slice *answer);
/* The network that a client is in; 0: none that we know. */
uint64_t network_of(const struct sockaddr_storage *from);
/* Takes new connections on the listening socket. */
void peers_accept(struct responder *r, int listen_fd);
/* Goes on with one that is ready. */
void peer_go(struct responder *r, struct peer *p);
/* Ends those past their deadline. */
void peers_sweep(struct responder *r);
void peer_end(struct peer *p);
/* Milliseconds to the next deadline; -1: none. */
int peers_timeout_ms(const struct responder *r);
