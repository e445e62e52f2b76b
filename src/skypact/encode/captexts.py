"""What warnings say, in the languages of the catalogue.

``$areas`` is where, ``$when`` is when; both are filled in for each message. Instructions are those
that civil protection gives for dangers from the air; a member puts its own in their place.
"""

from string import Template
from typing import Final, NamedTuple


class CapTexts(NamedTuple):
    """The texts of one kind of warning in one language."""

    language: str
    """As RFC 3066 writes it."""
    event: str
    headline: str
    description: str
    instruction: str
    over_headline: str
    over_description: str


_WHEN: Final = {
    "en": ("between $first and $last UTC", "at about $first UTC", "at a time that is not known"),
    "fr": ("entre $first et $last UTC", "vers $first UTC", "à une heure inconnue"),
}
_NOWHERE: Final = {"en": "the area shown", "fr": "la zone indiquée"}

GENERAL: Final = (
    CapTexts(
        "en",
        "Danger in the air",
        "Danger in the air: $areas",
        "Something dangerous is in the air. Expected in $areas $when.",
        "Stay indoors and away from windows. Follow the authorities.",
        "All-clear: $areas",
        "The warning for $areas is over.",
    ),
    CapTexts(
        "fr",
        "Danger aérien",
        "Danger aérien : $areas",
        "Un danger vient des airs. Attendu dans $areas $when.",
        "Restez à l'intérieur, loin des fenêtres. Suivez les consignes des autorités.",
        "Fin d'alerte : $areas",
        "L'alerte pour $areas est terminée.",
    ),
)
BALLISTIC: Final = (
    CapTexts(
        "en",
        "Ballistic object",
        "Take shelter now: $areas",
        "An object on a ballistic path may come down in $areas $when. Debris may fall beyond.",
        "Go indoors at once, to a shelter, a cellar or an inner room without windows."
        " Stay there until the all-clear.",
        "All-clear: $areas",
        "The warning of a ballistic object for $areas is over. Do not touch debris; report it.",
    ),
    CapTexts(
        "fr",
        "Objet balistique",
        "Mettez-vous à l'abri maintenant : $areas",
        "Un objet sur une trajectoire balistique peut tomber dans $areas $when."
        " Des débris peuvent tomber au-delà.",
        "Entrez immédiatement dans un abri, une cave ou une pièce intérieure sans fenêtre."
        " Restez-y jusqu'à la fin d'alerte.",
        "Fin d'alerte : $areas",
        "L'alerte à l'objet balistique pour $areas est terminée."
        " Ne touchez pas aux débris ; signalez-les.",
    ),
)
CATALOGUE: Final[dict[str, tuple[CapTexts, ...]]] = {"": GENERAL, "ballistic": BALLISTIC}
"""By rule; under the empty name for rules that have none of their own."""


def texts_of(rule: str) -> tuple[CapTexts, ...]:
    """Return the texts of a rule's warnings, one for each language."""
    return CATALOGUE.get(rule, GENERAL)


def filled(text: str, language: str, areas: str, first: str, last: str) -> str:
    """Fill in where and when.

    Parameters
    ----------
    text : str
        With ``$areas`` and ``$when``.
    language : str
    areas : str
        Names of districts; empty where they are not known.
    first, last : str
        Clock times of the event; the last may be empty, or both.
    """
    forms = _WHEN.get(language, _WHEN["en"])
    form = forms[0] if last else forms[1] if first else forms[2]
    when = Template(form).substitute(first=first, last=last)
    where = areas or _NOWHERE.get(language, _NOWHERE["en"])
    return Template(text).safe_substitute(areas=where, when=when)
