"""Certificates of the lab's HTTP tasks: each signed by itself, as on servers that nobody bought one for."""

import hashlib
import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from remediate.lab.paths import ServerPaths

_VALID = timedelta(days=3650)


def web_name(paths: ServerPaths) -> str:
    """The name that the certificate is for."""
    return f"{paths.server.name}.lab.example"


def write_certificate(paths: ServerPaths) -> None:
    """Write a new certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, web_name(paths))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(web_name(paths))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths.certificate_key.touch(mode=0o600)
    paths.certificate_key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    paths.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def pin_of(paths: ServerPaths) -> str:
    """The SHA-256 of the certificate, as a pin has it."""
    der = ssl.PEM_cert_to_DER_cert(paths.certificate.read_text(encoding="ascii"))
    return hashlib.sha256(der).hexdigest()
