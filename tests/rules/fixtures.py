"""Certificates and requests of other people, with the dates that a scenario needs; made by openssl."""
import base64
import functools
import pathlib
import re
import subprocess
import tempfile

from client import WORK
from moments import asn1, at

KEYS = {"p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]}
CA_BEGIN, CA_END = at("2015-01-01"), at("2045-01-01")
CONFIGURATION = """
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
[leaf]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = {names}
[request]
{extension}subjectAltName = {names}
[req]
distinguished_name = dn
[dn]
"""


def openssl(*arguments, folder=None, text=None):
    ran = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, input=text, capture_output=True,
                         text=not isinstance(text, bytes), timeout=60, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {ran.stderr}")
    return ran.stdout


def configuration(folder, names=("unused.example",), extension=""):
    names = ",".join(f"DNS:{name}" for name in names)
    (folder / "openssl.cnf").write_text(CONFIGURATION.format(names=names, extension=extension))


@functools.cache
def authority(name="Some Other CA"):
    """The folder of a CA that Tenure does not know; its name may be that of a vendor."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="authority-", dir=WORK))
    configuration(folder)
    (folder / "index.txt").touch()
    new_key("p256", folder / "ca.key")
    openssl("req", "-new", "-key", "ca.key", "-subj", f"/CN={name}", "-config", "openssl.cnf", "-out", "ca.csr",
            folder=folder)
    sign(folder, "ca.csr", "root", CA_BEGIN, CA_END, "-selfsign", "-keyfile", "ca.key", "-out", "ca.pem")
    return folder


def sign(folder, request, extensions, begin, end, *more):
    openssl("ca", "-batch", "-notext", "-config", "openssl.cnf", "-extensions", extensions, "-in", request,
            "-startdate", asn1(begin), "-enddate", asn1(end - 1), *more, folder=folder)


def new_key(algorithm, path):
    openssl("genpkey", *KEYS[algorithm], "-out", path)
    return path.read_text()


def leaf(names, begin, end, key="p256", issuer="Some Other CA"):
    """{"certificate": the chain, "key": …} of a certificate that is valid from begin to the second before end."""
    folder = authority(issuer)
    configuration(folder, names)
    private = new_key(key, folder / "leaf.key")
    openssl("req", "-new", "-key", "leaf.key", "-subj", f"/CN={names[0][:64]}", "-config", "openssl.cnf",
            "-out", "leaf.csr", folder=folder)
    sign(folder, "leaf.csr", "leaf", begin, end, "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "leaf.pem")
    return {"certificate": (folder / "leaf.pem").read_text() + (folder / "ca.pem").read_text(), "key": private}


@functools.cache
def own_key(algorithm):
    """A key that Tenure never sees, one of each algorithm: those of RSA take long."""
    path = authority() / f"own-{algorithm}.key"
    new_key(algorithm, path)
    return path


def request(names, key="p256", extension=""):
    """A certificate request (PEM) of somebody else's key."""
    folder = authority()
    configuration(folder, names, extension)
    return openssl("req", "-new", "-key", own_key(key), "-subj", f"/CN={names[0][:64]}", "-config", "openssl.cnf",
                   "-reqexts", "request", folder=folder)


def with_broken_signature(csr):
    """The same request with another last byte."""
    head, *body, tail = csr.strip().splitlines()
    der = bytearray(base64.b64decode("".join(body)))
    der[-1] ^= 1
    return f"{head}\n{base64.b64encode(der).decode()}\n{tail}\n"


def key_digest_of_request(csr):
    public = openssl("req", "-noout", "-pubkey", text=csr)
    return digest_of_public(public)


def digest_of_public(pem):
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem.encode(), capture_output=True,
                         timeout=60, check=True).stdout
    return subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, capture_output=True, timeout=60,
                          check=True).stdout.decode().split()[0]


def encrypted(key, pass_phrase):
    return openssl("pkey", "-aes256", "-passout", f"pass:{pass_phrase}", text=key)


def dates(pem):
    """(notBefore, notAfter) of the first certificate."""
    shown = openssl("x509", "-noout", "-dates", text=pem)
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    found = re.findall(r"=(\w{3}) +(\d+) ([\d:]+) (\d+) GMT", shown)
    return tuple(at(f"{year}-{months.index(month) + 1:02}-{int(day):02}T{clock}Z") for month, day, clock, year in found)


def serials(crl):
    """The serial numbers in a CRL (DER), as lower-case hex digits."""
    shown = openssl("crl", "-inform", "DER", "-noout", "-text", text=crl).decode()
    return {serial.lower() for serial in re.findall(r"Serial Number: ([0-9A-F]+)", shown)}


def blocks(pem):
    """The PEM blocks of a text."""
    return re.findall(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----\n?", pem, re.S)
