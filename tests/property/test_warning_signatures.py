"""Whatever becomes of the bytes of a signed warning: refused, or the same warning."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.naive.certificates import make_certificates
from tests.naive.warned import NORTH, NOW_S, alert, key_of

from skypact.encode.cap import CapMessage, cap_xml, outline_of
from skypact.encode.capalert import infos_of
from skypact.encode.caprules import check_ring
from skypact.errors import WarningError
from skypact.record.capschema import parse
from skypact.record.capsign import sign, verify


class Signed:
    """A signed message, who is trusted, and when."""

    def __init__(self, folder):
        make_certificates(folder, ["north"])
        key = key_of(folder)
        infos = infos_of(alert(), NORTH, NOW_S)
        message = CapMessage("n.1", NORTH.sender, NOW_S, "Actual", "Alert", "Public", infos)
        self.xml = sign(cap_xml(message), key)
        self.trusted = {NORTH.sender: [key.certificate]}
        self.now_s = key.certificate.not_valid_before_utc.timestamp() + 86_400.0
        self.content = self.verified(self.xml)

    def verified(self, xml):
        found = verify(xml, self.trusted, self.now_s)
        return etree.tostring(found.alert, method="c14n", exclusive=True)


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    return Signed(tmp_path_factory.mktemp("keys"))


@settings(deadline=None, max_examples=400)
@given(st.floats(0.0, 1.0, exclude_max=True), st.integers(0, 40), st.binary(max_size=40))
@example(0.0, 0, b"")
def test_changed_bytes_are_refused_or_change_nothing(signed, place, n_removed, added):
    at = int(place * len(signed.xml))
    changed = signed.xml[:at] + added + signed.xml[at + n_removed :]
    try:
        content = signed.verified(changed)
    except WarningError:
        return
    assert content == signed.content


def elements(root):
    return [node for node in root.iter() if node is not root]


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_moved_removed_and_doubled_elements_are_refused_or_change_nothing(signed, data):
    root = parse(signed.xml)
    nodes = elements(root)
    node = nodes[data.draw(st.integers(0, len(nodes) - 1))]
    what = data.draw(st.sampled_from(["remove", "empty", "move", "double", "rename"]))
    if what == "remove":
        node.getparent().remove(node)
    elif what == "empty":
        node.text = None
        del node[:]
    elif what == "rename":
        node.tag = data.draw(st.sampled_from([other.tag for other in nodes]))
    else:
        target = data.draw(st.sampled_from([root, *nodes]))
        if what == "double":
            node = etree.fromstring(etree.tostring(node))
        elif target is node or node in target.iterancestors():
            return
        target.insert(data.draw(st.integers(0, len(target))), node)
    try:
        content = signed.verified(etree.tostring(root))
    except WarningError:
        return
    assert content == signed.content


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused(signed, junk):
    with pytest.raises(WarningError):
        signed.verified(junk)


LONGITUDES = st.floats(-200.0, 200.0) | st.just(float("nan"))
RINGS = st.lists(st.tuples(LONGITUDES, st.floats(-100.0, 100.0)), max_size=12)


@settings(deadline=None)
@given(RINGS, st.booleans())
def test_any_ring_is_refused_or_becomes_valid_polygons(corners, closed):
    ring = [*corners, corners[0]] if corners and closed else corners
    try:
        outline = outline_of({"type": "Polygon", "coordinates": [ring]})
    except WarningError:
        return
    assert outline.rings
    for pairs in outline.rings:
        check_ring(list(pairs))
