"""Messages of the Common Alerting Protocol read and checked against the schema of OASIS.

The parser knows no entities, loads nothing and refuses document types. The schema is
``data/CAP-v1.2.xsd``, with the notice of OASIS beside it.
"""

from functools import cache
from importlib import resources
from typing import Final

from lxml import etree

from skypact.encode.caprules import check_rules
from skypact.errors import WarningError

MOST_BYTES: Final = 1 << 20
"""Of a message; longer ones are refused unread."""


@cache
def _schema() -> etree.XMLSchema:
    file = resources.files("skypact.record").joinpath("data", "CAP-v1.2.xsd")
    return etree.XMLSchema(etree.fromstring(file.read_bytes(), _parser()))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        attribute_defaults=False, huge_tree=False, collect_ids=False,
    )  # fmt: skip


def parse(xml: bytes) -> etree._Element:
    """Return the root of a document.

    Raises
    ------
    WarningError
        Too long, not well formed, or with a document type, entities, comments or instructions.
    """
    if len(xml) > MOST_BYTES:
        raise WarningError(f"CAP: expected at most {MOST_BYTES} bytes, got {len(xml)}")
    try:
        root = etree.fromstring(xml, _parser())
    except etree.XMLSyntaxError as error:
        raise WarningError(f"CAP: expected XML, got {error}") from error
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise WarningError("CAP: expected no document type, got one")
    around = [*root.itersiblings(preceding=True), *root.itersiblings()]
    if around or any(not isinstance(node.tag, str) for node in root.iter()):
        raise WarningError("CAP: expected elements and text, got a comment or an instruction")
    return root


def check(root: etree._Element) -> None:
    """Refuse a message that is not valid by the schema or breaks a rule of the standard.

    Raises
    ------
    WarningError
        Says where.
    """
    schema = _schema()
    if not schema.validate(root):
        first = schema.error_log[0]
        raise WarningError(f"CAP line {first.line}: {first.message}")
    check_rules(root)
