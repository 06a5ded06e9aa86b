"""A certificate authority for the tests, and what it signs."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DAY = dt.timedelta(days=1)
_SIGNING = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Signs certificates, and writes them and their keys as PEM files into a directory."""

    def __init__(self, directory: Path) -> None:
        """Make the authority's own key and certificate, ``ca.crt``."""
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("test authority")
        constraint = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(self._name, self._name, self._key).add_extension(constraint, critical=True)
        builder = builder.add_extension(_SIGNING, critical=True)
        builder = builder.add_extension(self._identifier(), critical=False)
        self.certificate = directory / "ca.crt"
        self.certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def server(self, name: str, hosts: Sequence[str] = ("localhost",)) -> tuple[Path, Path]:
        """Return certificate and key of a server on 127.0.0.1 that has these names, too."""
        names = [x509.DNSName(host) for host in hosts]
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        alternatives = x509.SubjectAlternativeName([*names, address])
        return self._sign(name, _name(name), ExtendedKeyUsageOID.SERVER_AUTH, alternatives)

    def user(self, name: str, groups: Sequence[str] = ()) -> tuple[Path, Path]:
        """Return certificate and key of a client that Kubernetes takes for a user in these groups."""
        return self._sign(name.replace(":", "-"), _name(name, groups), ExtendedKeyUsageOID.CLIENT_AUTH)

    def _identifier(self) -> x509.SubjectKeyIdentifier:
        return x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())

    def _sign(
        self,
        file: str,
        subject: x509.Name,
        usage: x509.ObjectIdentifier,
        alternatives: x509.SubjectAlternativeName | None = None,
    ) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, self._name, key)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        # Python 3.13 wants to know which of the authority's keys it was.
        signer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier())
        builder = builder.add_extension(signer, critical=False)
        if alternatives is not None:
            builder = builder.add_extension(alternatives, critical=False)
        certificate = self._directory / f"{file}.crt"
        certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        return certificate, write_key(key, self._directory / f"{file}.key")


def write_key(key: ec.EllipticCurvePrivateKey, path: Path) -> Path:
    """Write a private key as PEM; return the path."""
    form, lock = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
    return path


def signing_key(path: Path) -> Path:
    """Write a key for the tokens of service accounts; return the path."""
    return write_key(ec.generate_private_key(ec.SECP256R1()), path)


def _name(common: str, organisations: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, one) for one in organisations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
