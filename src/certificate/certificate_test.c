/* The rows of certificates, versions and keys. */
#include "base/rand.h"
#include "certificate/world.h"

static struct certificate read_again(struct world *w, const struct certificate *c) {
    struct certificate again;
    struct error e = {0};
    assert_ok(certificate_get(w->db, w->arena, c->account_id, c->id, &again, &e), e);
    return again;
}

static void a_certificate_is_stored_with_all_its_facts(void **state) {
    struct world *w = *state;
    struct certificate c = world_issue(
        w,
        (struct certificate){.brand = "Tenure", .vendor = "Tenure", .tags = "prod", .names = "a.example.com"},
        50 * DAY);
    struct error e = {0};
    c.order_id = "ord_1", c.order_kind = "renewal", c.years = 3, c.term = 2;
    c.rejected_at = 1, c.reject_reason = "bad_name", c.letter_needed = true, c.letter_at = 2;
    c.superseded_at = 3, c.specification_changed = true, c.csr_choice = "own", c.own_csr = "PEM";
    c.hosted = true, c.carried_seconds = 4, c.next_issue_at = 5, c.target_count = 6;
    c.waits_for = "review", c.waits_detail_en = "a reviewer", c.waits_detail_zh = "审核员";
    c.in_review = true, c.reminded_at = 7, c.refunded_at = 8, c.auto_renew = true, c.came_managed = true;
    c.last_threshold_at = 9;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e);
    struct certificate again = read_again(w, &c);
    for (const struct field *f = certificate_fields; f->name; f++) {
        const char *x = (const char *)&c + f->offset, *y = (const char *)&again + f->offset;
        bool text = f->type == FIELD_TEXT || f->type == FIELD_WORDS;
        if (text && *(const char *const *)x)
            assert_string_equal(*(const char *const *)y, *(const char *const *)x);
        else if (text)
            assert_null(*(const char *const *)y);
        else
            assert_memory_equal(x, y, f->type == FIELD_BOOL ? sizeof(bool) : sizeof(int64_t));
    }
}

static void a_new_certificate_gets_its_id_number_and_domain_type(void **state) {
    struct world *w = *state;
    struct certificate first = world_order(w, (struct certificate){.names = "*.example.com www.example.org"});
    struct certificate second = world_order(w, (struct certificate){0});
    assert_true(id_valid(first.id, "cert"));
    assert_string_equal(first.domain_type, "mixed");
    assert_int_equal(second.number, first.number + 1);
    assert_string_equal(read_again(w, &first).csr_choice, "automatic");
}

static void foreign_and_unknown_ids_are_not_found(void **state) {
    struct world *w = *state;
    struct certificate c = world_issue(w, (struct certificate){0}, DAY), got;
    struct version v;
    struct held_key key;
    struct error e = {0};
    assert_fails(certificate_get(w->db, w->arena, STRANGER, c.id, &got, &e), e, ERR_NOT_FOUND);
    assert_fails(certificate_get(w->db, w->arena, ACCOUNT, "cert_1", &got, &e), e, ERR_NOT_FOUND);
    assert_fails(certificate_get_any(w->db, w->arena, "cert_1", &got, &e), e, ERR_NOT_FOUND);
    assert_non_null(strstr(e.detail[LANG_EN], "cert_1"));
    assert_ok(certificate_get_any(w->db, w->arena, c.id, &got, &e), e);
    assert_fails(version_get(w->db, w->arena, STRANGER, c.version_id, &v, &e), e, ERR_NOT_FOUND);
    assert_fails(held_key_get(w->db, w->arena, STRANGER, "key_1", &key, &e), e, ERR_NOT_FOUND);
}

static void a_row_that_is_gone_is_not_stored_again(void **state) {
    struct world *w = *state;
    struct certificate c = world_order(w, (struct certificate){0});
    struct error e = {0};
    assert_ok(certificate_delete(w->db, w->arena, &c, &e), e);
    assert_fails(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e, ERR_NOT_FOUND);
}

static void what_somebody_else_has_changed_is_not_overwritten(void **state) {
    struct world *w = *state;
    struct certificate first = world_order(w, (struct certificate){.tags = "old"}), second = first,
                       third = first, fourth = first;
    struct error e = {0};
    first.active_at = NOW + 1;
    second.cancelled_at = NOW + 2;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &first, &e), e);
    assert_fails(certificate_store(w->db, w->arena, world_profile(w), &second, &e), e, ERR_CONFLICT);
    assert_fails(certificate_set_tags(w->db, w->arena, &third, "new", &e), e, ERR_CONFLICT);
    assert_fails(certificate_set_names(w->db, w->arena, &fourth, "b.example.com", &e), e, ERR_CONFLICT);
    struct certificate again = read_again(w, &first);
    assert_int_equal(again.active_at, NOW + 1);
    assert_int_equal(again.cancelled_at, 0);
    assert_string_equal(again.tags, "old");
    assert_string_equal(again.names, "www.example.com");
    assert_ok(certificate_set_tags(w->db, w->arena, &first, "new", &e), e); /* who has changed it may go on */
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &first, &e), e);
}

static struct certificate order_successor(struct world *w, struct certificate *old, struct certificate new) {
    struct error e = {0};
    new.predecessor_id = old->id;
    new = world_order(w, new);
    old->successor_id = new.id;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), old, &e), e);
    return new;
}

static void a_cancelled_or_revoked_successor_is_none(void **state) {
    struct world *w = *state;
    struct error e = {0};
    for (int revoked = 0; revoked < 2; revoked++) {
        struct certificate old = world_issue(w, (struct certificate){0}, DAY);
        struct certificate new = order_successor(w, &old, (struct certificate){0});
        assert_string_equal(read_again(w, &old).successor_id, new.id);
        *(revoked ? &new.revoked_at : &new.cancelled_at) = NOW;
        assert_ok(certificate_store(w->db, w->arena, world_profile(w), &new, &e), e);
        assert_null(read_again(w, &old).successor_id);
        assert_string_equal(read_again(w, &new).predecessor_id, old.id);
        assert_fails(certificate_store(w->db, w->arena, world_profile(w), &old, &e), e, ERR_CONFLICT);
    }
}

/* ---- versions ---- */

static void a_new_version_becomes_the_current_one(void **state) {
    struct world *w = *state;
    struct certificate c = world_issue(w, (struct certificate){0}, DAY);
    struct cert leaf = world_leaf(w, "www.example.com", NOW, NOW + 90 * DAY);
    struct new_version v = {
        .leaf = &leaf, .key_id = "key_1", .ca_id = "ca_1", .next_issue_at = NOW + 60 * DAY};
    struct version stored, *list;
    struct error e = {0};
    size_t count;
    assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
    struct certificate again = read_again(w, &c);
    assert_string_equal(again.version_id, stored.id);
    assert_string_equal(again.serial, leaf.serial);
    assert_int_equal(again.version_end, leaf.end);
    assert_int_equal(again.next_issue_at, v.next_issue_at);
    assert_true(again.key_held);
    assert_ok(version_list(w->db, w->arena, c.id, &list, &count, &e), e);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].number, 2);
    assert_string_equal(list[0].key_id, "key_1");
    assert_int_equal(list[1].number, 1);
}

static void names_follow_the_version_but_not_the_order_of_its_names(void **state) {
    struct world *w = *state;
    struct certificate c =
        world_issue(w, (struct certificate){.names = "www.example.com a.example.com"}, DAY);
    static const char *const cases[][2] = {
        {"a.example.com www.example.com", "www.example.com a.example.com"},
        {"*.example.com a.example.com www.example.com", "*.example.com a.example.com www.example.com"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct cert leaf = world_leaf(w, cases[i][0], NOW, NOW + 90 * DAY);
        struct new_version v = {.leaf = &leaf};
        struct version stored;
        struct error e = {0};
        assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
        assert_string_equal(read_again(w, &c).names, cases[i][1]);
    }
    assert_string_equal(read_again(w, &c).domain_type, domain_type_name(domain_type_of(c.names)));
}

static void a_chain_is_stored_once(void **state) {
    struct world *w = *state;
    struct cert intermediate;
    struct error e = {0};
    struct slice der;
    const char *chain;
    assert_ok(cert_parse(w->arena, fixture_der(w->arena, "intermediate.pem"), &intermediate, &e), e);
    for (int i = 0; i < 2; i++) {
        struct certificate c = world_order(w, (struct certificate){0});
        struct cert leaf = world_leaf(w, c.names, NOW, NOW + DAY);
        struct new_version v = {.leaf = &leaf, .chain = &intermediate, .chain_count = 1};
        struct version stored;
        assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
        assert_ok(version_material(w->db, w->arena, &stored, &der, &chain, &e), e);
        assert_true(slice_equal(der, leaf.der));
        assert_string_equal(chain, cert_to_pem(w->arena, intermediate.der));
    }
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM chain"), 1);
}

static void the_same_version_is_never_there_twice(void **state) {
    struct world *w = *state;
    struct certificate c = world_issue(w, (struct certificate){0}, DAY);
    struct cert leaf = world_leaf(w, c.names, NOW, NOW + DAY);
    struct new_version v = {.leaf = &leaf};
    struct version stored;
    struct error e = {0};
    assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
    assert_fails(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e, ERR_CONFLICT);
    leaf.fingerprint = "other"; /* the same issuer and serial number, forged */
    assert_fails(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e, ERR_CONFLICT);
}

static void the_first_revocation_date_stays(void **state) {
    struct world *w = *state;
    struct certificate c = world_issue(w, (struct certificate){0}, DAY);
    struct version v;
    struct error e = {0};
    assert_ok(version_set_revoked(w->db, c.version_id, NOW, &e), e);
    assert_ok(version_set_revoked(w->db, c.version_id, NOW + 5, &e), e);
    assert_ok(version_get(w->db, w->arena, ACCOUNT, c.version_id, &v, &e), e);
    assert_int_equal(v.revoked_at, NOW);
}

/* ---- keys ---- */

static struct held_key add_key(struct world *w, const char *id, int64_t taken_at) {
    struct error e = {0};
    struct held_key key = {.id = id,
                           .account_id = ACCOUNT,
                           .algorithm = "rsa2048",
                           .spki = slice_str("spki"),
                           .sealed = slice_str("sealed"),
                           .spki_sha256 = id,
                           .created_at = NOW,
                           .taken_at = taken_at};
    assert_ok(held_key_insert(w->db, w->arena, &key, &e), e);
    return key;
}

static void the_pool_gives_each_key_once_the_oldest_first(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct held_key key;
    int64_t count;
    add_key(w, "key_2", 0);
    add_key(w, "key_1", 0);
    add_key(w, "key_0", NOW);
    assert_ok(held_key_pool_count(w->db, ACCOUNT, "rsa2048", &count, &e), e);
    assert_int_equal(count, 2);
    assert_fails(held_key_take(w->db, w->arena, STRANGER, "rsa2048", NOW, &key, &e), e, ERR_NOT_FOUND);
    assert_fails(held_key_take(w->db, w->arena, ACCOUNT, "rsa4096", NOW, &key, &e), e, ERR_NOT_FOUND);
    assert_ok(held_key_take(w->db, w->arena, ACCOUNT, "rsa2048", NOW, &key, &e), e);
    assert_string_equal(key.id, "key_1");
    assert_true(slice_equal(key.sealed, slice_str("sealed")));
    assert_ok(held_key_take(w->db, w->arena, ACCOUNT, "rsa2048", NOW, &key, &e), e);
    assert_string_equal(key.id, "key_2");
    assert_fails(held_key_take(w->db, w->arena, ACCOUNT, "rsa2048", NOW, &key, &e), e, ERR_NOT_FOUND);
}

static void keys_of_the_pool_are_not_found_by_their_public_key(void **state) {
    struct world *w = *state;
    struct error e = {0};
    const char *id;
    add_key(w, "key_1", 0);
    assert_ok(held_key_find(w->db, w->arena, ACCOUNT, "key_1", &id, &e), e);
    assert_null(id);
    add_key(w, "key_2", NOW);
    assert_ok(held_key_find(w->db, w->arena, ACCOUNT, "key_2", &id, &e), e);
    assert_string_equal(id, "key_2");
    assert_ok(held_key_find(w->db, w->arena, STRANGER, "key_2", &id, &e), e);
    assert_null(id);
}

static struct certificate issue_with_key(struct world *w, const char *key_id) {
    struct certificate c = world_order(w, (struct certificate){0});
    struct cert leaf = world_leaf(w, c.names, NOW, NOW + DAY);
    struct new_version v = {.leaf = &leaf, .key_id = key_id};
    struct version stored;
    struct error e = {0};
    assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
    return c;
}

static void a_key_goes_with_its_last_version(void **state) {
    struct world *w = *state;
    struct error e = {0};
    add_key(w, "key_1", NOW);
    struct certificate first = issue_with_key(w, "key_1"), second = issue_with_key(w, "key_1");
    assert_ok(held_key_delete_unused(w->db, ACCOUNT, "key_1", &e), e);
    assert_ok(certificate_delete(w->db, w->arena, &first, &e), e);
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM private_key"), 1);
    assert_ok(certificate_delete(w->db, w->arena, &second, &e), e);
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM private_key"), 0);
}

static void a_key_that_a_successor_was_promised_stays(void **state) {
    struct world *w = *state;
    struct error e = {0};
    add_key(w, "key_1", NOW);
    struct certificate old = issue_with_key(w, "key_1");
    struct certificate new = order_successor(w, &old, (struct certificate){.csr_choice = "keep"});
    assert_ok(certificate_delete(w->db, w->arena, &old, &e), e);
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM private_key"), 1);
    assert_null(read_again(w, &new).predecessor_id);
}

static void nothing_of_a_deleted_certificate_is_left(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct certificate c = world_issue(w, (struct certificate){.tags = "prod"}, DAY);
    assert_ok(certificate_delete(w->db, w->arena, &c, &e), e);
    assert_int_equal(
        world_count(w, "SELECT (SELECT COUNT(*) FROM certificate) + (SELECT COUNT(*) FROM version) + "
                       "(SELECT COUNT(*) FROM version_der) + (SELECT COUNT(*) FROM certificate_term)"),
        0);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

TEST_MAIN(certificate, world_test(a_certificate_is_stored_with_all_its_facts),
          world_test(a_new_certificate_gets_its_id_number_and_domain_type),
          world_test(foreign_and_unknown_ids_are_not_found),
          world_test(a_row_that_is_gone_is_not_stored_again),
          world_test(what_somebody_else_has_changed_is_not_overwritten),
          world_test(a_cancelled_or_revoked_successor_is_none),
          world_test(a_new_version_becomes_the_current_one),
          world_test(names_follow_the_version_but_not_the_order_of_its_names),
          world_test(a_chain_is_stored_once), world_test(the_same_version_is_never_there_twice),
          world_test(the_first_revocation_date_stays),
          world_test(the_pool_gives_each_key_once_the_oldest_first),
          world_test(keys_of_the_pool_are_not_found_by_their_public_key),
          world_test(a_key_goes_with_its_last_version), world_test(a_key_that_a_successor_was_promised_stays),
          world_test(nothing_of_a_deleted_certificate_is_left))
