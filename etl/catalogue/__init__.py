"""The catalogue: exports, rules and indicators, read from the files that define them. A file in place is registered."""

from etl.catalogue.contracts import ORIGIN, Column, Export, export, exports, fields, misshapen, sources
from etl.catalogue.definitions import (
    LEVELS,
    FormRow,
    Indicator,
    beside,
    form,
    form_order,
    indicator_of,
    indicator_versions,
    indicators,
    reported,
)
from etl.catalogue.layouts import Layout, layout, layouts, needed
from etl.catalogue.rule_book import SEVERITIES, Rule, judged_columns, row_rules, rule_settings, rules

__all__ = [
    "LEVELS",
    "ORIGIN",
    "SEVERITIES",
    "Column",
    "Export",
    "FormRow",
    "Indicator",
    "Layout",
    "Rule",
    "beside",
    "export",
    "exports",
    "fields",
    "form",
    "form_order",
    "indicator_of",
    "indicator_versions",
    "indicators",
    "judged_columns",
    "layout",
    "layouts",
    "misshapen",
    "needed",
    "reported",
    "row_rules",
    "rule_settings",
    "rules",
    "sources",
]
