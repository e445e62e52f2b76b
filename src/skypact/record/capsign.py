"""Signatures of warning messages: enveloped XML signatures with ECDSA on P-256 and SHA-256.

Source: W3C, XML Signature Syntax and Processing Version 1.1 (2013); CAP-v1.2-os, section 3.3.4
(signatures of CAP messages are enveloped). The library has no Ed25519. What is accepted is one form
only: one signature, the last child of the message, over the whole of it; so there is nothing to
wrap.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from skypact.encode.caprules import tag, text_of
from skypact.errors import ConfigError, WarningError
from skypact.record.capschema import check, parse

_C14N: Final = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
_METHOD: Final = SignatureMethod.ECDSA_SHA256
_DIGEST: Final = DigestAlgorithm.SHA256
_ENVELOPED: Final = SignatureConstructionMethod.enveloped
_FAULTS: Final = (
    SignXMLException, etree.LxmlError, ValueError, TypeError, LookupError, AttributeError
)  # fmt: skip
"""What the library raises for signatures that are wrong, and for such as are malformed."""
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"


class SigningKey(NamedTuple):
    """A private key on P-256 and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class Verified(NamedTuple):
    """A message that was signed by one who is trusted."""

    alert: etree._Element
    """The root as it was signed (lxml), without the signature."""
    sender: str
    identifier: str
    certificate: x509.Certificate


def read_certificate(path: Path) -> x509.Certificate:
    """Read a certificate from a PEM file.

    Raises
    ------
    ConfigError
        It holds none.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: expected a certificate in PEM, got {error}") from error


def read_signing_key(key: Path, certificate: Path, password: bytes | None = None) -> SigningKey:
    """Read a key and its certificate from PEM files.

    Raises
    ------
    ConfigError
        They cannot be read, are not on P-256, or do not belong together.
    """
    found = read_certificate(certificate)
    try:
        private = load_pem_private_key(key.read_bytes(), password)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{key}: expected a private key in PEM, got {error}") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise ConfigError(
            f"{key}: expected a key on the curve P-256; make one with"
            " `openssl ecparam -name prime256v1 -genkey -noout`"
        )
    if _public(private.public_key()) != _public(found.public_key()):
        raise ConfigError(f"{certificate}: expected the certificate of the key in {key}")
    return SigningKey(private, found)


def _public(key: PublicKeyTypes) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def sign(xml: bytes, key: SigningKey) -> bytes:
    """Check a message and sign it.

    Raises
    ------
    WarningError
        It is not valid, or signed already.
    """
    root = parse(xml)
    check(root)
    if root.find(f".//{{{DSIG}}}Signature") is not None:
        raise WarningError("CAP: expected a message without a signature")
    signer = XMLSigner(_ENVELOPED, _METHOD, _DIGEST, _C14N)
    signed = signer.sign(root, key=key.key, cert=[key.certificate])
    out: bytes = etree.tostring(signed, encoding="UTF-8", xml_declaration=True)
    return out


def verify(xml: bytes, trusted: Mapping[str, Sequence[x509.Certificate]], now_s: float) -> Verified:
    """Return what was signed, where a trusted sender has signed all of it.

    Parameters
    ----------
    xml : bytes
    trusted : mapping of sender to certificates
        A sender's messages must be signed with one of its own certificates.
    now_s : float
        UTC seconds; the certificate must be valid then.

    Raises
    ------
    WarningError
        Not signed, edited, signed by another, in another way or in part, or no valid message.
    """
    root = parse(xml)
    signature = _only_signature(root)
    _check_form(signature)
    sender = text_of(root, "sender")
    certificate = _trusted_one(signature, sender, trusted.get(sender, ()))
    config = SignatureConfiguration(
        location="./",
        signature_methods=frozenset({_METHOD}),
        digest_algorithms=frozenset({_DIGEST}),
        verification_time=datetime.fromtimestamp(now_s, UTC),
    )
    try:
        result = XMLVerifier().verify(root, x509_cert=certificate, expect_config=config)
    except _FAULTS as error:
        raise WarningError(f"CAP signature: refused: {error}") from error
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None or text_of(signed, "sender") != sender:
        raise WarningError("CAP signature: expected it over the whole message")
    check(signed)
    return Verified(signed, sender, text_of(signed, "identifier"), certificate)


def _only_signature(root: etree._Element) -> etree._Element:
    """Return the signature, the last child of the root; no other, and no message in a message."""
    signatures = list(root.iter(f"{{{DSIG}}}Signature"))
    if not signatures:
        raise WarningError("CAP signature: expected a signed message, got none")
    if root.tag != tag("alert") or sum(1 for _ in root.iter(tag("alert"))) != 1:
        raise WarningError("CAP signature: expected one message, the root")
    if len(signatures) != 1 or signatures[0] is not root[-1]:
        raise WarningError("CAP signature: expected one signature, last in the message")
    if root.get("Id") or root.get("ID") or root.get("id"):
        raise WarningError("CAP signature: expected a root without an identifier of its own")
    return signatures[0]


def _check_form(signature: etree._Element) -> None:
    """Refuse all forms but ours: one reference, to the whole message, nothing carried along."""
    found = [
        [node.get("Algorithm") for node in signature.iter(f"{{{DSIG}}}{name}")]
        for name in ("CanonicalizationMethod", "SignatureMethod", "Transform", "DigestMethod")
    ]
    expected = [[_C14N.value], [_METHOD.value], [_ENVELOPED.value, _C14N.value], [_DIGEST.value]]
    if found != expected:
        raise WarningError(f"CAP signature: expected the algorithms {expected}, got {found}")
    references = [node.get("URI") for node in signature.iter(f"{{{DSIG}}}Reference")]
    if references != [""]:
        raise WarningError(f"CAP signature: expected it over the whole message, got {references}")
    if next(signature.iter(f"{{{DSIG}}}Object"), None) is not None:
        raise WarningError("CAP signature: expected nothing carried within it")


def _trusted_one(
    signature: etree._Element, sender: str, certificates: Sequence[x509.Certificate]
) -> x509.Certificate:
    """Return the sender's certificate that the signature names."""
    named = ["".join((n.text or "").split()) for n in signature.iter(f"{{{DSIG}}}X509Certificate")]
    for certificate in certificates:
        lines = certificate.public_bytes(Encoding.PEM).decode().split("-----")[2]
        if named == ["".join(lines.split())]:
            return certificate
    raise WarningError(f"CAP signature: expected a certificate of the sender {sender[:80]!r}")
