"""Words that say little about who somebody is: legal forms, particles, words of every trade.

Written from general knowledge of company names; a change here changes scores, so it needs a new
`ALGORITHM_VERSION` in `scoring`.
"""

from typing import Final

_LEGAL_FORMS: Final = """
ab ag ao as asa bhd bv cjsc co company corp corporation cv doo eood fze fzc fzco fzllc gesellschaft
gmbh inc incorporated jsc kft kg kk lc limited llc llp lllp lp ltd ltda mbh nv oao ojsc ooo oy oyj
pao pjsc plc private pt pte pty public pvt sa sae sal saoc sarl sas sdn se sl spa spol spzoo sro srl
zao zrt aktiengesellschaft aktsionernoe anonim anonima anonyme joint jointstock liability limitada
obshchestvo ogranichennoi otkrytoe otvetstvennostyu publichnoe sirketi sociedad societe stock
zakrytoe
"""

_PARTICLES: Final = "al and ben bin de el for ibn in la le of the ul und van von y"

_COMMON: Final = """
academy bank beijing bureau business capital center centre china chinese cloud commercial
communication communications computing construction data department design development digital
electronic electronics energy engineering enterprise enterprises equipment export factory
foundation fund general global group guangdong holding holdings hong import industrial industries
industry information innovation institute intelligence intelligent international investment
investments kong logistics machinery management manufacturing microelectronics ministry national
network networks office oil organization petroleum plant precision production products project
research science sciences scientific semiconductor service services shanghai shenzhen shipping
software solutions state systems system tech technological technologies technology
telecommunication telecommunications trade trading transport university
"""

LEGAL_FORMS: Final = frozenset(_LEGAL_FORMS.split())
"""Dropped from a name, unless nothing else would be left."""

PARTICLES: Final = frozenset(_PARTICLES.split())
"""Dropped likewise."""

COMMON: Final = frozenset(_COMMON.split())
"""Kept, but of little weight: half the companies of a trade share them."""
