/* tenure.yaml: what is taken, what is refused and with which field. */
#include "base/file.h"
#include "tenure/config.h"
#include "unit.h"
#include <stdlib.h>
#include <unistd.h>

static bool load(struct arena *a, const char *yaml, struct config *config, struct error *e) {
    char path[] = "/tmp/tenure-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write_all(fd, yaml, strlen(yaml)));
    close(fd);
    bool good = config_load(a, path, NULL, config, e);
    unlink(path);
    return good;
}

static void defaults_fill_what_is_absent(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct config c;
    struct error e = {0};
    assert_ok(load(a, "log_level: debug\n", &c, &e), e);
    assert_string_equal(c.address, "127.0.0.1");
    assert_int_equal(c.port, 8420);
    assert_string_equal(c.data, "/var/lib/tenure");
    assert_int_equal(c.web_processes, 2);
    assert_int_equal(c.workers, 2);
    assert_int_equal(c.log_level, LOG_DEBUG);
    assert_int_equal(c.issue.ca_algorithm, KEY_P256);
    assert_int_equal(c.issue.backdate_seconds, 60);
    assert_null(c.deploy.policy.folders[0]);
    assert_false(c.dns.outside_refused);
    assert_int_equal(c.dns.timeout_ms, 3000);
    assert_int_equal(c.validator.http_port, 80);
    assert_int_equal(c.validator.tls_port, 443);
    assert_null(c.validator.caa_domain);
    assert_ptr_equal(c.validator.dns, &c.dns);
}

static void everything_can_be_set(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct config c;
    struct error e = {0};
    assert_ok(
        load(
            a,
            "listen: 127.0.0.2:0\npublic_url: https://ca.example\ndata: /srv/tenure\nweb_processes: 1\nworkers: 4\n"
            "ca:\n  key_algorithm: p384\n  backdate_seconds: 0\n"
            "deploy:\n  folders: [/etc/nginx/tls]\n  commands:\n    - name: reload\n      argv: [nginx, -s, reload]\n"
            "      timeout_seconds: 5\n"
            "    - {name: hook, hook: dehydrated, argv: [/hook], environment_file: /etc/hook.env}\n"
            "    - {name: acme, hook: acmesh, acme_sh: /root/.acme.sh, dnsapi: dns_cf}\n"
            "outbound:\n  allow: [10.0.0.0/8, 127.0.0.1]\nprobe:\n  timeout_seconds: 3\n"
            "dns:\n  resolvers: [192.0.2.1, \"[2001:db8::1]:5353\"]\n  outside_zones: refuse\n  timeout_seconds: 1\n"
            "  trust_anchor: /etc/tenure/root.key\n  zones:\n    - name: Corp.Example\n      servers: [127.0.0.1:5300]\n"
            "      trust_anchor: corp.example. IN DS 1 13 2 00\n"
            "validation:\n  caa_domain: ca.example\n  http_port: 8080\n  tls_port: 8443\n  timeout_seconds: 4\n",
            &c, &e),
        e);
    assert_string_equal(c.address, "127.0.0.2");
    assert_int_equal(c.issue.ca_algorithm, KEY_P384);
    assert_string_equal(c.deploy.policy.folders[0], "/etc/nginx/tls");
    assert_string_equal(c.deploy.policy.commands[0].argv[2], "reload");
    assert_null(c.deploy.policy.commands[0].argv[3]);
    assert_int_equal(c.deploy.policy.commands[0].timeout_ms, 5000);
    assert_null(c.deploy.policy.commands[0].hook);
    assert_string_equal(c.deploy.policy.commands[1].hook, "dehydrated");
    assert_string_equal(c.deploy.policy.commands[1].environment_file, "/etc/hook.env");
    assert_string_equal(c.deploy.policy.commands[2].argv[0], "bash");
    assert_string_equal(c.deploy.policy.commands[2].argv[4], "/root/.acme.sh");
    assert_string_equal(c.deploy.policy.commands[2].argv[5], "dns_cf");
    assert_int_equal(c.outbound.count, 2);
    assert_int_equal(c.probe_timeout_ms, 3000);
    assert_int_equal(c.dns.resolvers.count, 2);
    assert_int_equal(c.dns.resolvers.list[1].port, 5353);
    assert_true(c.dns.outside_refused);
    assert_int_equal(c.dns.timeout_ms, 1000);
    assert_string_equal(c.dns.trust_anchor, "/etc/tenure/root.key");
    assert_string_equal(c.dns.zones[0].name, "corp.example");
    assert_int_equal(c.dns.zones[0].servers.list[0].port, 5300);
    assert_non_null(c.dns.zones[0].trust_anchor);
    assert_string_equal(c.validator.caa_domain, "ca.example");
    assert_int_equal(c.validator.http_port, 8080);
    assert_int_equal(c.validator.tls_port, 8443);
    assert_int_equal(c.validator.http_timeout_ms, 4000);
}

static void what_cannot_be_meant_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "listen: 0.0.0.0:8420\n",
        "listen: 127.0.0.1\n",
        "listen: 127.0.0.1:99999\n",
        "listen: 127.0.0.1:84x\n",
        "workers: 0\n",
        "workers: two\n",
        "log_level: loud\n",
        "public_url: ftp://ca.example\n",
        "public_url: http://\n",
        "public_url: \"http://ca.example\\r\\nx\"\n",
        "unknown: 1\n",
        "ca:\n  key_algorithm: rsa1024\n",
        "deploy:\n  folders: [relative/path]\n",
        "deploy:\n  commands:\n    - name: x\n      argv: [a]\n      timeout_seconds: 0\n",
        "deploy:\n  commands:\n    - name: x\n",
        "outbound:\n  allow: [everywhere]\n",
        "probe:\n  timeout_seconds: 1000\n",
        "",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        AUTO_ARENA a = arena_new();
        struct config c;
        struct error e = {0};
        if (load(a, bad[i], &c, &e))
            print_error("taken: %s\n", bad[i]);
        assert_true(e.id != ERR_NONE);
        assert_int_equal(error_row(e.id)->status, 400);
    }
}

static void a_complaint_names_section_and_key(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *field;
    } bad[] = {
        {"ca:\n  backdate_seconds: 86401\n", "ca.backdate_seconds"},
        {"ca:\n  backdate_seconds: soon\n", "ca.backdate_seconds"},
        {"ca:\n  years: 1\n", "ca.years"},
        {"deploy:\n  folders: [etc]\n", "deploy.folders"},
        {"deploy:\n  commands:\n    - name: x\n", "deploy.commands.argv"},
        {"deploy:\n  commands:\n    - {name: x, argv: [a], dnsapi: dns_cf}\n", "deploy.commands.argv"},
        {"deploy:\n  commands:\n    - {name: x, argv: [a], hook: uacme}\n", "deploy.commands.hook"},
        {"deploy:\n  commands:\n    - {name: x, argv: [a], environment_file: env}\n",
         "deploy.commands.environment_file"},
        {"deploy:\n  commands:\n    - {name: x, hook: acmesh, argv: [a], acme_sh: /a, dnsapi: dns_cf}\n",
         "deploy.commands.acme_sh"},
        {"deploy:\n  commands:\n    - {name: x, hook: acmesh, acme_sh: a, dnsapi: dns_cf}\n",
         "deploy.commands.acme_sh"},
        {"deploy:\n  commands:\n    - {name: x, hook: acmesh, acme_sh: /a, dnsapi: dns_/../x}\n",
         "deploy.commands.dnsapi"},
        {"probe:\n  timeout_seconds: 121\n", "probe.timeout_seconds"},
        {"probe: 5\n", "probe"},
        {"dns:\n  resolvers: [ns1.example.com]\n", "dns.resolvers"},
        {"dns:\n  outside_zones: ask\n", "dns.outside_zones"},
        {"dns:\n  timeout_seconds: 31\n", "dns.timeout_seconds"},
        {"dns:\n  zones:\n    - name: a..b\n      servers: [192.0.2.1]\n", "dns.zones.name"},
        {"dns:\n  zones:\n    - name: a.b\n      servers: [192.0.2.1:x]\n", "dns.zones.servers"},
        {"validation:\n  http_port: 65536\n", "validation.http_port"},
        {"validation:\n  tls_port: 0\n", "validation.tls_port"},
        {"validation:\n  timeout_seconds: 0\n", "validation.timeout_seconds"},
        {"workers: 17\n", "workers"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        AUTO_ARENA a = arena_new();
        struct config c;
        struct error e = {0};
        assert_fails(load(a, bad[i].yaml, &c, &e), e, ERR_BAD_CONFIG);
        assert_string_equal(e.field, bad[i].field);
    }
}

static bool load_smtp(struct arena *a, const char *more, struct config *config, struct error *e) {
    return load(a, arena_printf(a, "smtp:\n  host: mail.example.com\n  from: t@example.com\n%s", more),
                config, e);
}

static void mail_goes_by_starttls_unless_said_otherwise(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct config c;
    struct error e = {0};
    assert_ok(load(a, "log_level: info\n", &c, &e), e);
    assert_null(c.mail.host);
    assert_ok(load_smtp(a, "", &c, &e), e);
    assert_string_equal(c.mail.host, "mail.example.com");
    assert_int_equal(c.mail.security, MAIL_STARTTLS);
    assert_int_equal(c.mail.port, 587);
    assert_ok(load_smtp(a, "  security: tls\n", &c, &e), e);
    assert_int_equal(c.mail.port, 465);
    assert_ok(load_smtp(a, "  security: none\n  port: 2525\n", &c, &e), e);
    assert_int_equal(c.mail.port, 2525);
}

static void mail_settings_that_cannot_work_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "  security: ssl\n", "  username: u\n",          "  password_file: /etc/hostname\n",
        "  port: 0\n",       "  timeout_seconds: 500\n", "  ca_file: /nowhere\n"};
    AUTO_ARENA a = arena_new();
    struct config c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        assert_false(load_smtp(a, bad[i], &c, &e));
    }
    struct error e = {0};
    assert_fails(load(a, "smtp:\n  host: a/b\n  from: t@example.com\n", &c, &e), e, ERR_BAD_CONFIG);
    assert_fails(load(a, "smtp:\n  host: a\n  from: nobody\n", &c, &e), e, ERR_BAD_CONFIG);
}

static bool load_payment(struct arena *a, const char *secret, const char *more, struct config *config,
                         struct error *e) {
    char path[] = "/tmp/tenure-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write_all(fd, secret, strlen(secret)));
    close(fd);
    bool good = load(a, arena_printf(a, "payment:\n  webhook_secret_file: %s\n%s", path, more), config, e);
    unlink(path);
    return good;
}

static void a_payment_system_has_an_address_and_a_secret(void **state) {
    (void)state;
    static const char url[] = "  webhook_url: https://pay.example.com/in\n";
    AUTO_ARENA a = arena_new();
    struct config c;
    struct error e = {0};
    assert_ok(load(a, "log_level: info\n", &c, &e), e);
    assert_null(c.payment.webhook_url);
    assert_ok(load_payment(a, "0123456789abcdef\n", url, &c, &e), e);
    assert_string_equal(c.payment.webhook_url, "https://pay.example.com/in");
    assert_int_equal(secret_len(c.payment.webhook_secret), 16);
    assert_int_equal(c.payment.timeout_ms, 10000);
    assert_fails(load_payment(a, "0123456789abcde\n", url, &c, &e), e, ERR_BAD_CONFIG);
    assert_fails(load_payment(a, "0123456789abcdef", "", &c, &e), e, ERR_BAD_CONFIG);
    assert_fails(load_payment(a, "0123456789abcdef", "  webhook_url: http://pay.example.com/\n", &c, &e), e,
                 ERR_BAD_CONFIG);
    assert_fails(load(a, "payment:\n  webhook_url: https://pay.example.com/\n", &c, &e), e, ERR_BAD_CONFIG);
    assert_fails(load(a, "payment:\n  timeout_seconds: 61\n", &c, &e), e, ERR_BAD_CONFIG);
}

TEST_MAIN(config, test(a_payment_system_has_an_address_and_a_secret),
          test(mail_goes_by_starttls_unless_said_otherwise), test(mail_settings_that_cannot_work_are_refused),
          test(defaults_fill_what_is_absent), test(everything_can_be_set),
          test(what_cannot_be_meant_is_refused), test(a_complaint_names_section_and_key))
