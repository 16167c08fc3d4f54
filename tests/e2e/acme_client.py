"""A small ACME client for tests that must be able to do everything wrong: signs what it is told to, and shows every answer.

Environment: CA_URL, the directory.
"""
import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

DIRECTORY = os.environ["CA_URL"]
TIMEOUT_SECONDS = 20
ERROR = "urn:ietf:params:acme:error:"


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def fetch(method, url, body=None, headers=None):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
    try:
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, target, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode(errors="replace")

    @property
    def json(self):
        try:
            return json.loads(self.text)
        except ValueError:
            return {}

    @property
    def problem(self):
        return str(self.json.get("type", "")).removeprefix(ERROR)

    @property
    def location(self):
        return self.headers["Location"]

    def links(self, relation):
        found = [value.split(";")[0].strip("<> ") for value in self.headers.get_all("Link") or []
                 if f'rel="{relation}"' in value]
        return found

    def __getitem__(self, member):
        return self.json[member]

    def __str__(self):
        return f"{self.status} {self.text[:600]}"


directory = fetch("GET", DIRECTORY).json


def plain(path, body=None):
    """What is asked of /test."""
    base = DIRECTORY.removesuffix("/directory")
    return fetch("POST" if body is not None else "GET", f"{base}/test/{path}", None if body is None else json.dumps(body)).json


def new_nonce():
    return fetch("HEAD", directory["newNonce"]).headers["Replay-Nonce"]


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def jwk_of(key):
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return {"e": b64(numbers.e.to_bytes(3, "big")), "kty": "RSA", "n": b64(numbers.n.to_bytes(key.key_size // 8, "big"))}
    return {"crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}


def thumbprint(key):
    return b64(hashlib.sha256(json.dumps(jwk_of(key), sort_keys=True, separators=(",", ":")).encode()).digest())


def message(header, payload, sign):
    protected = b64(json.dumps(header))
    body = "" if payload is None else b64(payload if isinstance(payload, str) else json.dumps(payload))
    signature = sign(f"{protected}.{body}".encode())
    return {"protected": protected, "payload": body, "signature": b64(signature)}


def signer(key):
    def sign(data):
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return sign


def mac_signer(key):
    return lambda data: hmac.new(key, data, hashlib.sha256).digest()


class Account:
    """`post` does it right; `header` and the other arguments replace what is right."""

    def __init__(self, key=None):
        self.key = key or new_key()
        self.url = None
        self.nonce = None

    def post(self, url, payload=None, header=None, key=None, content_type="application/jose+json", jwk=False, tamper=False):
        algorithm = "RS256" if isinstance(key or self.key, rsa.RSAPrivateKey) else "ES256"
        whole = {"alg": algorithm, "nonce": self.nonce or new_nonce(), "url": url}
        whole.update({"jwk": jwk_of(key or self.key)} if jwk or not self.url else {"kid": self.url})
        whole.update(header or {})
        whole = {name: value for name, value in whole.items() if value is not None}
        jws = message(whole, payload, signer(key or self.key))
        if tamper:
            jws["payload"] = b64('{"tampered":true}')
        answer = fetch("POST", url, json.dumps(jws), {"Content-Type": content_type})
        self.nonce = answer.headers["Replay-Nonce"]
        return answer

    def register(self, **members):
        members = {"termsOfServiceAgreed": True, **members}
        answer = self.post(directory["newAccount"], members, jwk=True)
        self.url = answer.location if answer.status < 300 else None
        return answer

    def order(self, *names, **members):
        identifiers = [{"type": "ip" if name[0].isdigit() else "dns", "value": name} for name in names]
        return self.post(directory["newOrder"], {"identifiers": identifiers, **members})

    def finalize(self, order, key=None, names=None):
        names = names or [identifier["value"] for identifier in order["identifiers"]]
        return self.post(order["finalize"], {"csr": b64(csr(key or new_key(), names))})

    def authorization(self, order, number=0):
        return self.post(order["authorizations"][number])

    def challenge(self, authorization, kind):
        return next(one for one in authorization["challenges"] if one["type"] == kind)

    def proof(self, token):
        return f"{token}.{thumbprint(self.key)}"


def csr(key, names):
    entries = [x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName(entries), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def renewal_id(pem):
    certificate = x509.load_pem_x509_certificate(pem.encode())
    authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    serial = certificate.serial_number
    return f"{b64(authority)}.{b64(serial.to_bytes(serial.bit_length() // 8 + 1, 'big'))}"


def der_of(pem):
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
