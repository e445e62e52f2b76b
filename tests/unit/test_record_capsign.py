import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
    XMLSigner,
)
from tests.naive.certificates import make_certificates
from tests.naive.warned import NORTH, NOW_S, alert, key_of

from skypact.encode.cap import CapMessage, cap_xml
from skypact.encode.capalert import infos_of
from skypact.encode.caprules import NAMESPACE, tag, text_of
from skypact.errors import ConfigError, WarningError
from skypact.record.capschema import check, parse
from skypact.record.capsign import DSIG, read_signing_key, sign, verify

SENDER = NORTH.sender
EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("keys")
    make_certificates(made, ["north", "south"])
    return made


@pytest.fixture(scope="module")
def now_s(folder):
    from cryptography.x509 import load_pem_x509_certificate

    made = load_pem_x509_certificate((folder / "north.pem").read_bytes())
    return made.not_valid_before_utc.timestamp() + 86_400.0


@pytest.fixture(scope="module")
def xml():
    infos = infos_of(alert(), NORTH, NOW_S)
    return cap_xml(CapMessage("north.1", SENDER, NOW_S, "Actual", "Alert", "Public", infos))


@pytest.fixture(scope="module")
def trusted(folder):
    return {SENDER: [key_of(folder).certificate]}


@pytest.fixture(scope="module")
def signed(folder, xml):
    return sign(xml, key_of(folder))


def signed_otherwise(xml, key, method=SignatureMethod.ECDSA_SHA256, **options):
    digest = options.pop("digest", DigestAlgorithm.SHA256)
    form = options.pop("c14n", EXCLUSIVE)
    signer = XMLSigner(SignatureConstructionMethod.enveloped, method, digest, form)
    root = signer.sign(parse(xml), key=key.key, cert=[key.certificate], **options)
    return etree.tostring(root)


def test_signed_message_is_valid_and_verified(signed, trusted, now_s):
    check(parse(signed))
    found = verify(signed, trusted, now_s)
    assert (found.sender, found.identifier) == (SENDER, "north.1")
    assert found.certificate == trusted[SENDER][0]
    assert found.alert.find(f"{{{DSIG}}}Signature") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<severity>Extreme", b"<severity>Minor"),
        (b"<polygon>54,25", b"<polygon>53,25"),
        (b"<identifier>north.1", b"<identifier>north.2"),
        (b"<scope>Public", b"<scope>Private"),
        (b"<msgType>Alert", b"<msgType>Ack"),
        (b"shelter", b"window"),
    ],
)
def test_edited_message_is_refused(signed, trusted, now_s, before, after):
    edited = signed.replace(before, after)
    assert edited != signed
    with pytest.raises(WarningError):
        verify(edited, trusted, now_s)


def test_added_and_removed_elements_are_refused(signed, trusted, now_s):
    root = parse(signed)
    root.remove(root.findall(tag("info"))[1])
    with pytest.raises(WarningError, match="Digest mismatch"):
        verify(etree.tostring(root), trusted, now_s)
    noted = signed.replace(b"<info>", b"<note>all clear</note><info>", 1)
    with pytest.raises(WarningError, match="Digest mismatch"):
        verify(noted, trusted, now_s)


def test_message_without_a_signature_is_refused(xml, trusted, now_s):
    with pytest.raises(WarningError, match="expected a signed message"):
        verify(xml, trusted, now_s)


def test_other_members_signature_is_refused(folder, xml, trusted, now_s):
    forged = sign(xml, key_of(folder, "south"))
    with pytest.raises(WarningError, match="expected a certificate of the sender"):
        verify(forged, trusted, now_s)
    with pytest.raises(WarningError, match="expected a certificate of the sender"):
        verify(forged, {"south": [key_of(folder, "south").certificate]}, now_s)


def test_certificate_of_one_with_the_signature_of_another_is_refused(folder, xml, trusted, now_s):
    mixed = key_of(folder, "south")._replace(certificate=key_of(folder).certificate)
    with pytest.raises(WarningError, match="verification failed"):
        verify(sign(xml, mixed), trusted, now_s)


def test_certificate_out_of_its_time_is_refused(signed, trusted, now_s):
    for off_s in (-10 * 86_400.0, 10 * 86_400.0):
        with pytest.raises(WarningError, match="valid"):
            verify(signed, trusted, now_s + off_s)


@pytest.mark.parametrize(
    "options",
    [
        {"method": SignatureMethod.ECDSA_SHA512},
        {"method": SignatureMethod.ECDSA_SHA3_256},
        {"digest": DigestAlgorithm.SHA512},
        {"c14n": CanonicalizationMethod.CANONICAL_XML_1_1},
        {"c14n": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS},
    ],
)
def test_other_algorithms_are_refused(folder, xml, trusted, now_s, options):
    with pytest.raises(WarningError, match="expected the algorithms"):
        verify(signed_otherwise(xml, key_of(folder), **options), trusted, now_s)


def test_signature_with_a_shared_secret_is_refused(xml, trusted, now_s):
    signer = XMLSigner(
        SignatureConstructionMethod.enveloped, SignatureMethod.HMAC_SHA256, c14n_algorithm=EXCLUSIVE
    )
    forged = etree.tostring(signer.sign(parse(xml), key=b"the certificate, which all know"))
    with pytest.raises(WarningError, match="expected the algorithms"):
        verify(forged, trusted, now_s)


def test_key_value_of_another_beside_the_certificate_is_refused(folder, signed, trusted, now_s):
    other = key_of(folder, "south")
    forged = parse(
        signed_otherwise(etree.tostring(unsigned(signed)), other, always_add_key_value=True)
    )
    for node in forged.iter(f"{{{DSIG}}}X509Certificate"):
        node.text = next(parse(signed).iter(f"{{{DSIG}}}X509Certificate")).text
    with pytest.raises(WarningError):
        verify(etree.tostring(forged), trusted, now_s)


def unsigned(signed):
    root = parse(signed)
    root.remove(root[-1])
    return root


def evil(signed):
    """The same message with another area, not signed."""
    root = unsigned(signed)
    for polygon in root.iter(tag("polygon")):
        polygon.text = "1,1 1,2 2,2 1,1"
    return root


def wrapped_whole(signed):
    """The signed message within a forged one that has its signature."""
    forged, genuine = evil(signed), parse(signed)
    signature = genuine[-1]
    forged.append(signature)
    signature.append(genuine)
    return forged


def wrapped_as_object(signed):
    """The signed message in an Object of the signature, with a reference to it."""
    forged, genuine = evil(signed), parse(signed)
    signature = genuine[-1]
    genuine.remove(signature)
    genuine.set("Id", "a")
    next(signature.iter(f"{{{DSIG}}}Reference")).set("URI", "#a")
    holder = etree.SubElement(signature, f"{{{DSIG}}}Object")
    holder.append(genuine)
    forged.append(signature)
    return forged


def wrapped_in_an_info(signed):
    """The signed message, with its signature, inside an info of a forged one."""
    forged = evil(signed)
    forged.find(tag("info")).append(parse(signed))
    return forged


def wrapped_outside(signed):
    """A forged message around the signed one, in another root."""
    around = etree.Element("messages")
    around.append(evil(signed))
    around.append(parse(signed))
    return around


def signature_twice(signed):
    """A second signature before the genuine one."""
    root = parse(signed)
    root.insert(len(root) - 1, parse(signed)[-1])
    return root


def signature_first(signed):
    """The signature not at the end."""
    root = parse(signed)
    root.insert(0, root[-1])
    return root


@pytest.mark.parametrize(
    "wrap",
    [
        wrapped_whole, wrapped_as_object, wrapped_in_an_info, wrapped_outside, signature_twice,
        signature_first,
    ],
)  # fmt: skip
def test_wrapped_signature_is_refused(signed, trusted, now_s, wrap):
    with pytest.raises(WarningError):
        verify(etree.tostring(wrap(signed)), trusted, now_s)


def test_reference_to_a_part_is_refused(folder, xml, trusted, now_s):
    root = parse(xml)
    root.find(tag("info")).set("Id", "part")
    part = signed_otherwise(etree.tostring(root), key_of(folder), reference_uri="#part")
    with pytest.raises(WarningError, match="whole message"):
        verify(part, trusted, now_s)


def test_comment_that_splits_a_text_is_refused(signed, trusted, now_s):
    split = signed.replace(b"north.1</identifier>", b"north.1<!---->2</identifier>")
    with pytest.raises(WarningError, match="comment"):
        verify(split, trusted, now_s)


def test_document_type_is_refused(signed, trusted, now_s):
    typed = re.sub(rb"\?>", b'?><!DOCTYPE alert [<!ENTITY a "b">]>', signed, count=1)
    with pytest.raises(WarningError):
        verify(typed, trusted, now_s)


def test_signed_message_that_breaks_a_rule_is_refused(folder, xml, trusted, now_s):
    key = key_of(folder)
    bad = xml.replace(b"<scope>Public", b"<scope>Restricted")
    with pytest.raises(WarningError, match="restriction"):
        sign(bad, key)
    with pytest.raises(WarningError, match="restriction"):
        verify(signed_otherwise(bad, key), trusted, now_s)


def test_message_is_signed_once(folder, signed):
    with pytest.raises(WarningError, match="without a signature"):
        sign(signed, key_of(folder))


def test_only_keys_on_p256_with_their_certificate_are_read(folder, tmp_path):
    with pytest.raises(ConfigError, match="the certificate of the key"):
        read_signing_key(folder / "north.key", folder / "south.pem")
    other = tmp_path / "ed25519.key"
    other.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(ConfigError, match="P-256"):
        read_signing_key(other, folder / "north.pem")
    with pytest.raises(ConfigError, match="expected a private key"):
        read_signing_key(folder / "north.pem", folder / "north.pem")
    with pytest.raises(ConfigError, match="expected a certificate"):
        read_signing_key(folder / "north.key", tmp_path / "none.pem")


def test_namespace_of_the_message_is_that_of_cap(xml, folder, trusted, now_s):
    older = sign(xml, key_of(folder)).replace(NAMESPACE.encode(), NAMESPACE[:-1].encode() + b"1")
    with pytest.raises(WarningError, match="one message, the root"):
        verify(older, trusted, now_s)
    assert text_of(parse(xml), "sender") == SENDER
