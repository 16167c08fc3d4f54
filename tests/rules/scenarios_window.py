"""When a certificate can be renewed, what is refused, and what lists and actions say about it."""
from moments import DAY, E, E_20D, E_30D, SECOND
from table import rule
from world import BRANDS, holds, same

MULTI = "multi_domain_not_renewable"


def multi(s, **body):
    return s.buy(s.host("m"), s.host("n"), **body)


def mixed(s):
    return s.buy(s.host("x"), s.host("*.y"))


# ---- the window ----

@rule("R004")
def only_about_to_expire(s):
    c = s.buy()
    yield E - 31 * DAY
    s.refuses(c, 409, "outside_window")
    same("state", s.state(c), "issued")
    s.forbids(c, "renew_early", "profile_has_no_early_renewal")
    yield E_30D
    same("state", s.state(c), "pending_expiration")
    s.allows(c, "renew")
    yield E
    s.refuses(c, 409, "expired_buy_new")
    same("state", s.state(c), "expired")


@rule("R005")
def thirty_days_to_the_second(s):
    c = s.buy()
    yield E_30D - SECOND
    s.forbids(c, "renew", "outside_window")
    yield E_30D
    s.allows(c, "renew")
    yield E - SECOND
    s.allows(c, "renew")
    yield E
    codes = s.forbids(c, "renew", "expired_buy_new")
    holds("outside_window is not among the codes", "outside_window" not in codes)


@rule("R008")
def expired_means_buying(s):
    c = s.buy()
    yield E - SECOND
    same("state", s.state(c), "pending_expiration")
    s.allows(c, "renew")
    yield E
    s.refuses(c, 409, "expired_buy_new")
    same("state", s.state(c), "expired")
    s.allows(c, "buy_new")
    n = s.buy()
    same("predecessor_id and carried_seconds", (n["predecessor_id"], n["carried_seconds"]), (None, 0))


@rule("R012")
def inside_the_validity(s):
    c = s.buy()
    yield E - 100 * DAY
    same("state", s.state(c), "issued")
    s.allows(c, "renew_early")
    yield E_20D
    same("state", s.state(c), "pending_expiration")
    s.allows(c, "renew")
    yield E
    s.refuses(c, 409, "expired_buy_new")
    row = s.actions(c)["renew_early"]
    holds("renew_early is refused, expired_buy_new among its codes",
          not row["allowed"] and "expired_buy_new" in row["codes"])


@rule("R018")
def quick_renewal_in_the_list(s):
    c = s.buy()
    yield E_30D - SECOND
    same("renewable", s.list("renewable=true"), [])
    yield E_30D
    same("renewable", s.list("renewable=true"), [c["id"]])
    s.allows(c, "renew")


@rule("R047")
def thirty_days_are_inside(s):
    c, c2 = s.buy(), s.buy(s.host("b"))
    yield E - 100 * DAY
    n = s.renewed(c2)
    yield E_30D - SECOND
    same("state", s.state(c), "issued")
    s.forbids(c, "renew", "outside_window")
    same("state of the early renewal", s.state(n), "not_activated")
    yield E_30D
    same("state", s.state(c), "pending_expiration")
    s.allows(c, "renew")
    n = s.certificate(n["id"])
    holds(f"the early renewal is active and submitted, not {n['state']}", n["active_at"] and n["submitted_at"])


@rule("R048")
def early_or_in_the_window(s):
    c, c2 = s.buy(), s.buy(s.host("b"))
    yield E_30D - SECOND
    s.allows(c, "renew_early")
    s.forbids(c, "renew", "outside_window")
    same("order kind", s.renewed(c)["order_kind"], "early_renewal")
    yield E_30D
    s.allows(c2, "renew")
    s.forbids(c2, "renew_early", "inside_window")
    same("order kind", s.renewed(c2)["order_kind"], "renewal")


@rule("R096")
def about_to_expire_is_a_state(s):
    c = s.buy()
    yield E_30D - SECOND
    shown = s.certificate(c["id"])
    same("state, days left", (shown["state"], shown["days_left"]), ("issued", 30))
    yield E_30D
    shown, chinese = s.certificate(c["id"]), s.certificate(c["id"], Accept_Language="zh")
    same("state, title, days left", (shown["state"], shown["state_title"], shown["days_left"]),
         ("pending_expiration", "Pending expiration", 30))
    same("Chinese title", chinese["state_title"], "即将过期")
    yield E - SECOND
    same("state", s.state(c), "pending_expiration")
    yield E
    same("state", s.state(c), "expired")


# ---- early renewal ----

@rule("R050")
def early_entry_in_the_row(s):
    c = s.buy()
    yield E - 100 * DAY
    same("state", s.state(c), "issued")
    s.allows(c, "renew_early")
    same("issued and renewable", s.list("state=issued&renewable=true"), [c["id"]])


@rule("R052")
def early_successor_waits(s):
    c = s.buy()
    yield E - 100 * DAY
    n = s.renewed(c)
    same("state, predecessor, versions", (s.state(n), n["predecessor_id"], n["version_count"]),
         ("not_activated", c["id"], 0))
    s.forbids(n, "submit", "not_active_yet")
    after = s.certificate(c["id"])
    same("state, successor, end of the old one", (after["state"], after["successor_id"], after["version_end"]),
         ("issued", n["id"], c["version_end"]))


# ---- what is refused ----

@rule("R010")
def conditions_of_renewal(s):
    c, c2, m = s.buy(), s.buy(s.host("b")), multi(s)
    yield E - 31 * DAY
    s.forbids(c, "renew", "outside_window")
    yield E_20D
    s.renewed(c)
    s.names_buying(s.refuses(m, 409, MULTI))
    s.refuses(c2, 409, "specification_change_buy_new", grade="ov")


@rule("R011")
def multi_domain_is_not_renewable(s):
    m, x = multi(s), mixed(s)
    others = [s.buy(s.host(f"m{i}"), s.host(f"n{i}"), brand=brand)
              for i, brand in enumerate(BRANDS.values()) if brand != s.brand]
    yield E_20D
    s.refuses(m, 409, MULTI)
    s.refuses(x, 409, MULTI)
    same("profiles that renew it", len(others), 4)
    for other in others:
        s.allows(other, "renew")


@rule("R015")
def specification_is_kept(s):
    c = s.buy()
    brand = s.brand + "-Other"
    yield E_20D
    for change in ({"grade": "ov"}, {"brand": brand}, {"names": [s.host("*.a")]}, {"key_algorithm": "rsa2048"}):
        s.refuses(c, 409, "specification_change_buy_new", **change)
    n = s.renewed(c)
    for member in ("brand", "grade", "domain_type", "key_algorithm"):
        same(member, n[member], c[member])


@rule("R016")
def every_brand_is_renewable(s):
    certificates = [s.buy(s.host(f"a{i}"), brand=s.brand + end) for i, end in enumerate(("", "-Other"))]
    yield E_20D
    for c in certificates:
        codes = s.actions(c)["renew"]["codes"]
        holds(f"brand_not_renewable is not among {codes}", "brand_not_renewable" not in codes)
        s.renewed(c)


@rule("R017")
def other_data_mean_a_new_one(s):
    c = s.buy()
    yield E_20D
    s.names_buying(s.refuses(c, 409, "not_editable", names=[s.host("c")]))
    s.refuses(c, 409, "specification_change_buy_new", grade="ov")
    s.buy(s.host("c"))


@rule("R021")
def refusals_name_the_way_out(s):
    c, other = s.buy(), multi(s) if s.profile == "alibaba-2025-intl" else mixed(s)

    def refused_in_both(certificate, code, **body):
        for lang in ("en", "zh"):
            answer = s.renew(certificate, {"Accept_Language": lang}, **body)
            s.refused(answer, 409, code)
            s.names_buying(answer, lang)

    yield E_20D
    refused_in_both(other, MULTI)
    refused_in_both(c, "specification_change_buy_new", grade="ov")
    yield E + DAY
    refused_in_both(c, "expired_buy_new")
    s.allows(c, "buy_new")


@rule("R087")
def one_year_only(s):
    c = s.buy()
    yield E_20D
    for years in (2, 3, 0):
        s.refuses(c, 400, "years_not_offered", "years", years=years)
    n = s.renewed(c)
    same("years", s.order_of(n)["years"], 1)
    same("certificates", len(s.list()), 2)


# ---- lists, rows, actions ----

@rule("R007")
def kinds_are_apart(s):
    c, u = s.buy(), s.upload()
    same("official", s.list("kind=official"), [c["id"]])
    same("uploaded", s.list("kind=uploaded"), [u["id"]])
    yield E_20D
    s.allows(c, "renew")
    holds("replace of an official one is refused", not s.actions(c)["replace"]["allowed"])
    s.allows(u, "replace")
    s.forbids(u, "renew", "not_official")


@rule("R089")
def filter_by_state_and_renewable(s):
    c, d = s.buy(), s.buy(s.host("d"), brand=s.brand + "-Other")
    yield E_20D
    s.buy(s.host("g"))
    same("pending", set(s.list("state=pending_expiration")), {c["id"], d["id"]})
    same("pending and renewable", s.list("state=pending_expiration&renewable=true"), [c["id"]])


@rule("R090")
def nothing_needs_renewal(s):
    s.buy()
    yield E - 100 * DAY
    page = s.get(f"/v1/certificates?state=pending_expiration&tag={s.tag}")
    same("page", (page["items"], page["next"]), ([], None))
    for locale, sentence in (("C.UTF-8", "Nothing needs renewal"), ("zh_CN.UTF-8", "没有需要续费的证书")):
        status, output = s.tenure("list", "--renewable", "--tag", s.tag, LANG=locale)
        same("exit status", status, 0)
        holds(f"it says '{sentence}': {output}", sentence in output)


@rule("R091")
def renew_in_the_row(s):
    c, c2 = s.buy(), s.buy(s.host("b"))
    before = s.certificate(c2["id"])
    yield E_20D
    for lang, title in (("en", "Renew"), ("zh", "续费")):
        row = s.actions(c, lang)["renew"]
        same("allowed, title", (row["allowed"], row["title"]), (True, title))
    n = s.renewed(c)
    same("renewed certificate", s.order_of(n)["old_certificate_id"], c["id"])
    after = s.certificate(c2["id"])
    for derived in ("state", "state_title", "days_left"):
        before.pop(derived), after.pop(derived)
    same("the other one", after, before)


@rule("R092")
def option_is_visible(s):
    c, m = s.buy(), multi(s)
    yield E - 31 * DAY
    s.forbids(c, "renew", "outside_window")
    s.allows(c, "renew_early")
    s.forbids(m, "renew_early", MULTI)
    yield E_20D
    s.allows(c, "renew")
    s.forbids(m, "renew", MULTI)


@rule("R095")
def why_is_there_no_button(s):
    c = multi(s) if s.profile == "alibaba-2025-intl" else mixed(s)
    yield E + DAY
    for lang in ("en", "zh"):
        row = s.actions(c, lang)["renew"]
        same("allowed, codes", (row["allowed"], row["codes"]), (False, ["expired_buy_new", MULTI]))
        holds(f"one sentence in {lang}: {row['detail']}", row["detail"] and row["detail"].isascii() == (lang == "en"))
        said = [x["text"] for x in s.get(f"/v1/certificates/{c['id']}/explain", Accept_Language=lang)["sentences"]]
        holds(f"explain says the same: {said}", any(row["detail"] in text for text in said))


@rule("R097")
def official_tab(s):
    c = s.buy()
    s.upload()
    items = s.get(f"/v1/certificates?kind=official&tag={s.tag}")["items"]
    same("official", [item["id"] for item in items], [c["id"]])
    holds("the id is one", items[0]["id"].startswith("cert_"))
    for member in ("number", "state", "state_title", "names", "expires_at"):
        holds(f"{member} is shown", items[0][member])
    same("number of actions", len(s.actions(items[0])), len(s.actions(c)))
    holds("every action is answered", {"renew", "reissue", "revoke", "download", "deploy"} <= set(s.actions(c)))
    same("found by id", s.certificate(items[0]["id"])["id"], c["id"])
