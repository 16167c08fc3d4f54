"""The scenarios, by feature, and the rules whose scenario cannot run yet with what they wait for."""
import scenarios_application  # noqa: F401
import scenarios_applied  # noqa: F401
import scenarios_deploy  # noqa: F401
import scenarios_keys  # noqa: F401
import scenarios_kinds  # noqa: F401
import scenarios_life  # noqa: F401
import scenarios_managed  # noqa: F401
import scenarios_orders  # noqa: F401
import scenarios_payment  # noqa: F401
import scenarios_review  # noqa: F401
import scenarios_terms  # noqa: F401
import scenarios_validity  # noqa: F401
import scenarios_verify  # noqa: F401
import scenarios_window  # noqa: F401
import table

# What the rules wait for that have no scenario yet.
_FEATURES = {
    "the catalogue as data with an API":
        "R126 R127 R128 R144 R146 R147 R171 R176",
    "the default profile of an account, test certificates and those of private CAs":
        "R003 R006 R131 R133 R134 R135 R136 R140 R141 R142",
    "the CSR manager":
        "R102 R106 R196",
    "review of OV and EV: contacts, organisations, letters":
        "R215 R216 R218",
    "notifications":
        "R001 R149 R153 R170 R205 R206",
    "the way back from an emergency":
        "R129 R165",
}
WAITING = {id_: feature for feature, ids in _FEATURES.items() for id_ in ids.split()}

BEGIN = min(row.begin for row in table.rows)
