"""The catalogue: what is on sale, how long issuance takes, coming prices, renamed lines."""
import client
import market
from moments import DAY, E_20D, MINUTE, SECOND, T0, written
from table import rule
from world import holds, same

MINUTES, DAYS = 60, 86400
CHANGEABLE = ("vendor", "title_en", "title_zh", "profile", "issuer", "grades", "domain_types", "key_algorithms", "names_max",
              "bonus_days", "currency")


def shown(s, brand=None):
    return s.get(f"/v1/catalog/brands/{brand or s.brand}")


def lines(s):
    return s.get("/v1/catalog/brands?limit=500")["items"]


def put(s, id_, body):
    """As the administrator of the installation."""
    answer = client.call("PUT", f"/v1/catalog/brands/{id_}", body)
    holds(f"the line is stored: {answer}", answer.status in (200, 201))


def own_line(s, *prices, **change):
    """A line of this scenario alone, and what it costs from which moment on."""
    model, id_ = shown(s), f"{s.brand}-{s.rule}"
    put(s, id_, {**{member: model[member] for member in CHANGEABLE}, **change})
    for begin, amount in prices:
        answer = client.call("POST", f"/v1/catalog/brands/{id_}/prices",
                             {"from": written(begin), "per_year": amount, "managed_use": 0})
        holds(f"the price is set: {answer}", answer.status == 201)
    return id_


# ---- how long issuance takes ----

def expects(s, **of):
    """grade=(unit, min, max), and the words for it."""
    rows = {row["grade"]: (row["unit"], row["min"], row["max"]) for row in shown(s)["expected_issuance"]}
    same("expected issuance", rows, {grade: row for grade, (row, _) in of.items()})
    for grade, (_, words) in of.items():
        quoted = market.quote(s, names=[s.host(grade)], brand=s.brand, grade=grade)
        told = [note["text"] for note in quoted["explanations"] if note["code"] == "expected_issuance"]
        holds(f"the quote of {grade} tells '{words}': {told}", len(told) == 1 and words in told[0])


@rule("R126")
def minutes_or_from_two_working_days(s):
    later = (("working_day", 2, None), "from 2 working days")
    expects(s, dv=(("second", 5 * MINUTES, 10 * MINUTES), "5 minutes to 10 minutes"), ov=later, ev=later)


@rule("R127")
def minutes_or_five_days(s):
    later = (("second", 5 * DAYS, 5 * DAYS), "5 days")
    expects(s, dv=(("second", MINUTES, 15 * MINUTES), "1 minute to 15 minutes"), ov=later, ev=later)


@rule("R128")
def a_day_or_working_days(s):
    expects(s, dv=(("second", 10 * MINUTES, DAYS), "10 minutes to 1 day"),
            ov=(("working_day", 3, 5), "3 to 5 working days"), ev=(("working_day", 5, 7), "5 to 7 working days"))


# ---- what is on sale ----

@rule("R144")
def a_wildcard_covers_one_label(s):
    name = f"w.{s.tag}.example.com"
    c = s.buy(f"*.{name}")
    same("domain type, names", (c["domain_type"], c["names"]), ("wildcard", [f"*.{name}", name]))
    for found, asked in (([c["id"]], f"a.{name}"), ([c["id"]], name), ([], f"b.a.{name}")):
        same(f"who covers {asked}", s.list(f"name={asked}"), found)
    s.refused(s.order(f"a.*.{name}"), 400, "bad_name", "names")


@rule("R146")
def vendors_on_sale(s):
    of = {}
    for line in lines(s):
        if line["profile"] == s.profile and line["on_sale"]:
            of.setdefault(line["vendor"], []).append(line)
            holds("title in both languages", line["title_en"] and line["title_zh"])
    for vendor in ("Alibaba Cloud", "DigiCert", "GlobalSign"):
        same(f"grades of {vendor}", {grade for line in of[vendor] for grade in line["grades"]}, {"dv", "ov", "ev"})
        same("profile", market.quote(s, names=[s.host("a")], brand=of[vendor][0]["id"],
                                     grade=of[vendor][0]["grades"][0])["profile"], s.profile)
    s.refused(s.call("POST", "/v1/quotes", {"names": [s.host("a")], "brand": "Nobody"}), 400, "bad_field", "brand")


@rule("R147")
def for_whom_a_grade_is_meant(s):
    meant = {"dv": ("Personal sites and tests", "个人网站与测试"),
             "ov": ("Public bodies, small and middle firms, schools", "政府机构、中小企业、学校"),
             "ev": ("Large firms, finance, online shops", "大型企业、金融、电商")}
    for grade, texts in meant.items():
        line = shown(s, f"{s.brand}-{grade.upper()}")
        same(f"audience of {grade}", (line["audience_en"], line["audience_zh"]), texts)


# ---- coming prices ----

@rule("R171")
def a_quote_keeps_its_price(s):
    change = T0 + 10 * DAY
    market.open_account(s)
    market.enrich(s)
    s.brand = own_line(s, (T0, 10000), (change, 12000), currency=s.currency)
    yield change - 10 * MINUTE
    quotes = [market.quote(s, names=[s.host(label)], brand=s.brand) for label in "ab"]
    for quoted in quotes:
        same("due, expiry", (market.due(quoted), quoted["expires_at"]), (10000, written(change + 20 * MINUTE)))
    yield change + 10 * MINUTE
    same("due", market.due(market.ordered(s, quotes[0])), 10000)
    same("balance", market.balance(s), market.RICH - 10000)
    same("due of a new one", market.due(market.quote(s, names=[s.host("c")], brand=s.brand)), 12000)
    yield change + 20 * MINUTE + SECOND
    answer = s.call("POST", "/v1/orders", {"quote_id": quotes[1]["id"]})
    s.refused(answer, 409, "quote_stale")
    same("the new quote", market.due(s.get(f"/v1/quotes/{answer['object']}")), 12000)


# ---- renamed lines ----

@rule("R176")
def a_renamed_line_keeps_what_was_issued(s):
    id_ = own_line(s, (T0, 0))
    before = s.buy(brand=id_)
    order = s.order_of(before)
    put(s, id_, {**{member: shown(s, id_)[member] for member in CHANGEABLE}, "title_en": "Renamed", "title_zh": "新名称"})
    c = s.certificate(before["id"])
    for member in ("brand", "profile", "fingerprint", "state"):
        same(member, c[member], before[member])
    same("what it was bought as", s.order_of(c), order)
    yield E_20D
    n = s.renewed(c)
    same("brand", n["brand"], id_)
    same("title", shown(s, n["brand"])["title_en"], "Renamed")
