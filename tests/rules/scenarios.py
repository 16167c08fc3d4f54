"""The scenarios, by feature, and the rules whose scenario cannot run yet with what they wait for."""
import scenarios_application  # noqa: F401
import scenarios_catalogue  # noqa: F401
import scenarios_deploy  # noqa: F401
import scenarios_keys  # noqa: F401
import scenarios_kinds  # noqa: F401
import scenarios_life  # noqa: F401
import scenarios_managed  # noqa: F401
import scenarios_notices  # noqa: F401
import scenarios_orders  # noqa: F401
import scenarios_parties  # noqa: F401
import scenarios_payment  # noqa: F401
import scenarios_proof  # noqa: F401
import scenarios_requests  # noqa: F401
import scenarios_review  # noqa: F401
import scenarios_uploaded  # noqa: F401
import scenarios_validity  # noqa: F401
import scenarios_verify  # noqa: F401
import scenarios_window  # noqa: F401
import table

# What the rules wait for that have no scenario yet.
_FEATURES = {
    "the catalogue as data with an API":
        "R174",
    "quotes":
        "R028 R084 R130 R185",
    "the states of orders: submit, withdraw, cancel, resubmit":
        "R025 R045 R079 R088 R116 R119",
    "terms of several years and their activation":
        "R053 R211",
    "managed service":
        "R046 R056 R059 R060 R062 R063 R064 R065 R067 R200",
}
WAITING = {id_: feature for feature, ids in _FEATURES.items() for id_ in ids.split()}

BEGIN = min(row.begin for row in table.rows)
