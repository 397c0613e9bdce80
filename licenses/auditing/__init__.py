"""What auditors can ask of licensed exports: the past, decisions taken again, other editions, lineage."""

from audits import past
from audits.lineage.drawing import words
from audits.lineage.sources import rules
from audits.tools import add_tool
from licenses.auditing import books, bundles, surveys
from licenses.auditing.origins import RULES
from licenses.auditing.recomputing import RECOMPUTE
from licenses.auditing.what_if import WHAT_IF
from licenses.domain.money import sum_text


def register() -> None:
    """Tell the journal what of this app can be asked as of a moment, exported and audited."""
    bundles.register()
    past.add_view("ledger", books.ledger_at)
    for event, timer in books.TIMERS:
        past.add_timer(event, timer)
    surveys.register()
    add_tool("recompute", RECOMPUTE)
    add_tool("counterfactual", WHAT_IF)
    rules.update(RULES)
    words.sum = sum_text
